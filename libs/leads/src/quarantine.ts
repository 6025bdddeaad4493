import type { Consent } from '#persons';
import { isDisposable } from './disposable-domains.js';
import type { QuarantineReason } from './lead.js';

/** What makes a lead look wrong although it breaks no rule. */
export interface Suspicion {
  /** In its normal form. */
  readonly email: string | null;
  readonly consent: Consent | null;
  /** Leads of its source within a minute, this one included. */
  readonly sourceCount: number;
  /** Null: as many as come. */
  readonly sourceLeadsPerMinute: number | null;
}

// Clocks of web servers are a little apart.
const clockSkewMs = 5 * 60_000;
// Nobody who agreed a year ago expects a call now.
const oldestConsentMs = 365 * 86_400_000;

/** The first thing that is wrong with a lead; undefined when nothing is. */
export function suspicionOf(lead: Suspicion, now: Date): QuarantineReason | undefined {
  const { email, consent, sourceCount, sourceLeadsPerMinute } = lead;
  const consentAge = consent?.capturedAt ? now.getTime() - consent.capturedAt.getTime() : 0;
  if (consentAge < -clockSkewMs) return 'CONSENT_IN_FUTURE';
  if (consentAge > oldestConsentMs) return 'CONSENT_TOO_OLD';
  if (email !== null && isDisposable(email.slice(email.lastIndexOf('@') + 1))) return 'DISPOSABLE_EMAIL';
  if (sourceLeadsPerMinute !== null && sourceCount > sourceLeadsPerMinute) return 'SOURCE_TOO_FAST';
  return undefined;
}
