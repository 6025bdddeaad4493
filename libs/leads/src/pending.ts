import { newId } from '#database';
import type { Actor } from '#organizations';
import { done, type Outcome } from '#outcome';
import type { PastOffers } from '#routing';
import type { LookUps, PersonHashes, PersonKey } from '#persons';
import type { LeadRules } from '#verticals';
import type { CheckedSubmission, SubmissionRead } from './check-submission.js';

/** A lead on its way in, with the id that it will have. */
export interface IntakeLead {
  readonly agencyId: string;
  readonly leadId: string;
  /** Who submitted it, as an actor's id. */
  readonly submittedBy: string;
  readonly submission: CheckedSubmission;
  /** Keyed hash of the submission as hex. */
  readonly inputHash: string;
  readonly hashes: PersonHashes;
  /** The person in the lead's vertical; none for who has neither phone nor e-mail. */
  readonly keys: readonly PersonKey[];
  /** It is stored already, and is decided anew. */
  readonly isReleased: boolean;
  /** It was taken before, and is given to another buyer; null: it is new, or comes out of quarantine. */
  readonly past: LeadPast | null;
  /** What was offered, bid and claimed before; null: nothing was. */
  readonly offers: PastOffers | null;
}

/** What became so far of a lead that is routed again. */
export interface LeadPast {
  readonly receivedAt: Date;
  /** Buyers who did not take it. */
  readonly failedBuyers: ReadonlySet<string>;
  /** Buyers who have it, or are being given it. */
  readonly soldTo: readonly string[];
  /** Contracts against which its person stood when it was decided first. */
  readonly duplicateFor: readonly string[];
  readonly suppressedFor: readonly string[];
}

/** One submission on its way through the queue, with the path under which refusals are told. */
export interface Pending {
  readonly path: readonly string[];
  readonly read: SubmissionRead;
  readonly naturalKey: string;
  readonly inputHash: string;
  readonly actor: Actor;
  readonly lookUps: LookUps;
  /** By which it was checked; older than the present ones at worst. */
  rules: LeadRules;
  /** What may be taken, or why not. */
  checked: Outcome<IntakeLead>;
  /** How many leads of its source came within a minute, this one included; counted once, however often it is tried. */
  sourceCount: number | undefined;
}

export function pendingOf(
  actor: Actor,
  lookUps: LookUps,
  submission: Pick<Pending, 'path' | 'read' | 'rules'> & { readonly checked: Outcome<CheckedSubmission> },
): Pending {
  const { read, checked } = submission;
  // Of what was given, not of its normal form: rules that came since do not make a replay another submission.
  const inputHash = lookUps.ofInput(JSON.stringify(read.given, bigintAsText));
  return {
    actor,
    lookUps,
    inputHash,
    naturalKey: naturalKeyOf(actor.organizationId, read.given),
    sourceCount: undefined,
    ...submission,
    checked: checked.ok ? done(intakeLeadOf(actor, lookUps, checked.value, inputHash)) : checked,
  };
}

/** The lead that a checked submission becomes. */
export function intakeLeadOf(
  actor: Actor,
  lookUps: LookUps,
  ...[submission, inputHash]: [CheckedSubmission, string]
): IntakeLead {
  const hashes = lookUps.ofPerson(submission.contact);
  return {
    agencyId: actor.organizationId,
    // What was pinged has its id already; whether it may be used is decided with the batch.
    leadId: submission.pingId ?? newId(),
    submittedBy: actor.id,
    submission,
    inputHash,
    hashes,
    keys: personKeys(hashes, submission.vertical),
    isReleased: false,
    past: null,
    offers: null,
  };
}

/** Under what a person is held and found in a vertical. */
export function personKeys({ phone, email }: PersonHashes, vertical: string): PersonKey[] {
  return [phone, email].flatMap((hash) => (hash === null ? [] : [{ hash, vertical }]));
}

/** Names a submission: the same name is the same lead. */
export function naturalKeyOf(
  agencyId: string,
  { externalId, test }: { readonly externalId: string; readonly test: boolean },
): string {
  return `${agencyId}:${test}:${externalId}`;
}

// What was given always has its keys in the same order, so plain JSON is canonical here.
function bigintAsText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}
