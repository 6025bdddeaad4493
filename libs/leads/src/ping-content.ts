import { type Refusal, refusal } from '#outcome';
import type { LookUps } from '#persons';
import type { PastOffers } from '#routing';
import type { LeadRules } from '#verticals';
import type { CheckedSubmission } from './check-submission.js';
import type { IntakeLead, Pending } from './pending.js';
import { isProven } from './proven-consent.js';

/** What a ping tells of a lead, part by part, each as a keyed hash: enough to see that the lead is the same. */
export type PingContent = Readonly<Record<string, string>>;

/** A ping that leads of a batch are posted with, held. */
export interface HeldPing {
  readonly content: PingContent;
  readonly expiresAt: Date;
  readonly isPosted: boolean;
  readonly offers: PastOffers | null;
}

/** Hashes what of a submission is not about the person. Parts are named by their paths. */
export function pingContent(
  submission: CheckedSubmission,
  { defaultCountry }: LeadRules,
  lookUps: LookUps,
): PingContent {
  const { vertical, contractId, test, contact, attributes, publicKeys, source, score, consent } = submission;
  const told = attributes.filter(({ key }) => publicKeys.has(key));
  const parts: Record<string, unknown> = {
    vertical,
    contractId,
    test,
    'contact.country': contact.country ?? defaultCountry,
    'contact.postalCode': contact.postalCode,
    attributes: told.map(({ key, value }) => [key, value]).toSorted(byKey),
    source: source && [source.channel, source.campaign, source.subId],
    score,
    consent: isProven(consent),
  };
  return Object.fromEntries(
    Object.entries(parts).map(([part, value]) => [
      part,
      lookUps.ofInput(`ping:${part}:${JSON.stringify(value)}`),
    ]),
  );
}

function byKey([a = '']: readonly string[], [b = '']: readonly string[]): number {
  return a < b ? -1 : Number(a > b);
}

/** The pings of a batch; each may be used by one lead of it. */
export class PingSheet {
  private readonly used = new Set<string>();

  constructor(private readonly held: ReadonlyMap<string, HeldPing>) {}

  /** Why the lead cannot be posted with its ping. */
  refusal(pending: Pending, { agencyId, submission }: IntakeLead, now: Date): Refusal | undefined {
    const { pingId } = submission;
    if (pingId === undefined) return undefined;
    const { path, lookUps } = pending;
    const field = [...path, 'pingId'];
    const ping = this.held.get(pingKey({ agencyId, pingId }));
    if (!ping) return refusal('NOT_FOUND', { field });
    if (ping.isPosted || this.used.has(pingKey({ agencyId, pingId }))) return refusal('PING_USED', { field });
    if (ping.expiresAt <= now) return refusal('PING_EXPIRED', { field });
    const content = pingContent(submission, pending.rules, lookUps);
    const other = Object.keys(content).find((part) => content[part] !== ping.content[part]);
    return other === undefined
      ? undefined
      : refusal('PING_CHANGED', { field: [...path, ...other.split('.')] });
  }

  /** What was offered and bid for the lead that is posted. */
  offersOf({ agencyId, submission: { pingId }, offers }: IntakeLead): PastOffers | null {
    if (pingId === undefined) return offers;
    return this.held.get(pingKey({ agencyId, pingId }))?.offers ?? null;
  }

  use({ agencyId, submission: { pingId } }: IntakeLead): void {
    if (pingId !== undefined) this.used.add(pingKey({ agencyId, pingId }));
  }
}

/** A ping belongs to its agency: another's is none. */
export function pingKey({
  agencyId,
  pingId,
}: {
  readonly agencyId: string;
  readonly pingId: string;
}): string {
  return `${agencyId} ${pingId}`;
}
