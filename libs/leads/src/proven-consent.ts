import type { Consent } from '#persons';

/** Text and time of a consent are there. */
export function isProven(consent: Consent | null): boolean {
  return (consent?.text?.trim() ?? '') !== '' && consent?.capturedAt !== null && consent !== null;
}
