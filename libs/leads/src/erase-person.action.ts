import { Inject, Injectable } from '@nestjs/common';
import { recordAudit } from '#audit';
import type { Clock } from '#calendar';
import { once, type Transaction, UnitOfWork } from '#database';
import type { Actor } from '#organizations';
import { done, type Outcome, refusal, refuse, refused } from '#outcome';
import { KeyRing, type LookUps, PersonHashStore, readEmailAddress, readPhone } from '#persons';
import { emit } from '#events';
import { ErasureStore, type HeldLead, type LeadKey } from './erasure.store.js';
import { LeadOpener } from './lead-opener.store.js';
import type { OpenedLead } from './lead.js';
import { personKeys } from './pending.js';
import { RecallStore } from './recall.store.js';

/** Whose data is to go: of one lead (its uuid), or of everybody who is reached so. */
export type PersonToErase =
  | { readonly leadId: string }
  | { readonly phone?: string | null | undefined; readonly email?: string | null | undefined };

export interface ErasePersonInput {
  readonly person: PersonToErase;
  readonly idempotencyKey: string;
}

/** How far it came. Ids are uuids. */
export interface PersonErased {
  readonly erased: number;
  /** Those that are kept because of a legal hold. */
  readonly held: readonly { readonly leadId: string; readonly reason: string }[];
  /** One call reaches 500 leads; another call, with another key, goes on. */
  readonly hasMore: boolean;
  readonly replayed: boolean;
}

type Found = { readonly keys: readonly LeadKey[]; readonly hasMore: boolean };

const maxErased = 500;

/**
 * Erases persons: destroys their data keys, so that nobody can open what was sealed, in backups from now on neither, and
 * cuts the tie to the hashes that found them. Books, statements, deliveries, outcomes and dedupe stay as they are; so does
 * the proof of consent, for as long as it must be shown. What is on its way to a buyer is canceled, and who had the
 * person is told, so that they can erase it too.
 */
@Injectable()
export class ErasePerson {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly erasure: ErasureStore,
    private readonly opener: LeadOpener,
    private readonly persons: PersonHashStore,
    private readonly keyRing: KeyRing,
    private readonly recalls: RecallStore,
    @Inject('Clock') private readonly clock: Clock,
  ) {}

  /** An agency in its own leads, the operator in all. Refuses NOT_FOUND, INVALID_VALUE, and LEGAL_HOLD with its reason. */
  async execute(actor: Actor, input: ErasePersonInput): Promise<Outcome<PersonErased>> {
    const now = this.clock.now();
    const { person } = input;
    const lookUps = await this.keyRing.lookUps();
    const hashes = 'leadId' in person ? done([]) : hashesOf(person, lookUps);
    if (!hashes.ok) return hashes;
    const request = {
      organizationId: actor.organizationId,
      key: input.idempotencyKey,
      operation: 'erasePerson',
      input: 'leadId' in person ? person : { hashes: hashes.value },
      now,
    };
    return await this.unitOfWork.run((tx) =>
      once(tx, request, async () => {
        const found =
          'leadId' in person
            ? await this.one(tx, actor, person.leadId)
            : done(await this.reached(tx, actor, hashes.value));
        if (!found.ok) return found;
        return await this.erase(tx, actor, { ...found.value, isOne: 'leadId' in person, lookUps, now });
      }),
    );
  }

  private async one(tx: Transaction, actor: Actor, leadId: string): Promise<Outcome<Found>> {
    const key = await this.erasure.find(tx, actor, leadId);
    return key ? done({ keys: [key], hasMore: false }) : refuse('NOT_FOUND', { field: at('leadId') });
  }

  private async reached(tx: Transaction, actor: Actor, hashes: readonly string[]): Promise<Found> {
    const agencyId = actor.kind === 'AGENCY' ? actor.organizationId : null;
    const keys = await this.persons.leadsOf(tx, hashes, { agencyId, limit: maxErased + 1 });
    return { keys: keys.slice(0, maxErased), hasMore: keys.length > maxErased };
  }

  private async erase(
    tx: Transaction,
    actor: Actor,
    act: Found & { readonly isOne: boolean; readonly lookUps: LookUps; readonly now: Date },
  ): Promise<Outcome<Omit<PersonErased, 'replayed'>>> {
    const { keys, hasMore, lookUps, now } = act;
    const leads = await this.opener.open(await this.erasure.hold(tx, keys));
    const holds = await this.erasure.holdsOn(tx, keys);
    const [first] = holds;
    if (act.isOne && first) return refused(heldBack(first));
    const kept = new Set(holds.map(({ leadId }) => leadId));
    const erased = leads.filter(({ id }) => !kept.has(id));
    if (erased.length > 0) {
      const facts = await this.recalls.recall(tx, erased, now);
      await this.persons.unlink(
        tx,
        erased.map((lead) => ({ ...keyOf(lead), keys: hashKeys(lead, lookUps) })),
      );
      await this.erasure.erase(tx, erased.map(keyOf), now);
      await emit(tx, ...facts);
    }
    for (const { agencyId, id } of erased) {
      const entry = { action: 'person.erase', subject: `lead:${id}`, at: now };
      await recordAudit(tx, actor, { ...entry, organizationId: agencyId });
    }
    const held = holds.map(({ leadId, reason }) => ({ leadId, reason }));
    return done({ erased: erased.length, held, hasMore });
  }
}

function keyOf({ agencyId, id }: OpenedLead): LeadKey {
  return { agencyId, leadId: id };
}

function hashKeys({ contact, vertical }: OpenedLead, lookUps: LookUps) {
  return contact ? personKeys(lookUps.ofPerson(contact), vertical) : [];
}

function heldBack({ reason }: HeldLead) {
  const message = `The person of this lead must be kept for now: ${reason}`;
  return refusal('LEGAL_HOLD', { field: at('leadId'), message });
}

function hashesOf(
  {
    phone = null,
    email = null,
  }: { readonly phone?: string | null | undefined; readonly email?: string | null | undefined },
  lookUps: LookUps,
): Outcome<readonly string[]> {
  const refusals = [];
  // As it stands: without + and country code nobody would be found by it, and that would read as if nobody were there.
  const readAs =
    phone !== null && phone.length <= 40 && phone.includes('+') ? readPhone(phone, null).phone : undefined;
  if (phone !== null && readAs === undefined)
    refusals.push(
      refusal('INVALID_VALUE', {
        field: at('reachedBy', 'phone'),
        message: 'A phone with + and the country code, such as +12125550100.',
      }),
    );
  const address =
    email !== null && email.length <= 254 && !/\p{Cs}/u.test(email) ? readEmailAddress(email) : undefined;
  if (email !== null && address === undefined)
    refusals.push(
      refusal('INVALID_VALUE', {
        field: at('reachedBy', 'email'),
        message: 'This is not an e-mail address.',
      }),
    );
  if (phone === null && email === null) refusals.push(refusal('REQUIRED', { field: at('reachedBy') }));
  if (refusals.length > 0) return refused(...refusals);
  const hashes = lookUps.ofPerson({ phone: readAs ?? null, email: address ?? null });
  return done([hashes.phone, hashes.email].filter((hash) => hash !== null));
}

function at(...path: readonly string[]): readonly string[] {
  return ['input', 'person', ...path];
}
