import { hash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { type Clock, localDateOf, periodContaining } from '#calendar';
import { gather } from '#charges';
import { type ActiveContract, activeContracts, type ContractsFound, price } from '#contracts';
import { Database, newId, UnitOfWork } from '#database';
import type { Actor } from '#organizations';
import { done, invariant, type Outcome, refuse } from '#outcome';
import { type LeadRules, VerticalQueries } from '#verticals';
import {
  type CheckedSubmission,
  checkSubmission,
  isStorable,
  type LeadSubmission,
  readSubmission,
  type SubmissionRead,
  textLimits,
} from './check-submission.js';
import { GroupCommit, Overloaded } from './group-commit.js';
import { type IntakeLead, IntakeStore, type IntakeTerms } from './intake.store.js';
import { KnownContracts } from './known-contracts.js';
import { KnownRules } from './known-rules.js';
import type { Lead } from './lead.js';
import { LeadQueries } from './lead.queries.js';
import { otherVertical } from './submission-answers.js';

export interface SubmittedLead {
  readonly lead: Lead;
  /** The same submission had been taken before; nothing happened now. */
  readonly replayed: boolean;
}

/** One submission on its way through the queue, with the path under which refusals are told. */
interface Pending {
  readonly path: readonly string[];
  readonly read: SubmissionRead;
  readonly naturalKey: string;
  readonly inputHash: string;
  readonly actor: Actor;
  /** By which it was checked; older than the present ones at worst. */
  rules: LeadRules;
  /** What may be taken, or why not. */
  checked: Outcome<IntakeLead>;
}
type Result = Outcome<SubmittedLead>;

// One batch in flight per shard: while the database works on one, the other is filled. More shards only make the
// batches smaller.
const shardCount = 2;
const maxBatch = 250;
const maxWaitingPerShard = 5_000;
const maxRounds = 4;

/**
 * Takes leads: checks them, finds the contract, and delivers, charges and books all that arrives together in one
 * statement. A submission is named by agency, `externalId` and `test`: sent again with the same content it gives the
 * first answer, with other content it is refused EXTERNAL_ID_REUSED.
 */
@Injectable()
export class SubmitLeads {
  private readonly shards: readonly GroupCommit<Pending, Result>[];
  private readonly known = new KnownContracts();
  private readonly knownRules = new KnownRules();

  constructor(
    private readonly database: Database,
    private readonly intake: IntakeStore,
    private readonly leads: LeadQueries,
    private readonly verticals: VerticalQueries,
    private readonly unitOfWork: UnitOfWork,
    @Inject('Clock') private readonly clock: Clock,
  ) {
    const commit = async (batch: readonly Pending[]) => await this.commit(batch);
    const options = { maxBatch, maxWaiting: maxWaitingPerShard };
    this.shards = Array.from({ length: shardCount }, () => new GroupCommit(commit, options));
  }

  /**
   * One result per submission, in their order, each on its own. `pathOf` names a submission in refusals. Throws
   * {@link Overloaded} before taking any of them when the queue has no room for all.
   */
  async execute(
    actor: Actor,
    submissions: readonly LeadSubmission[],
    pathOf: (index: number) => readonly string[],
  ): Promise<Result[]> {
    const shard = this.shardOf(actor.organizationId);
    await this.learnRules(submissions.map(({ vertical }) => vertical.trim()));
    if (shard.room < submissions.length) throw new Overloaded('too many leads wait');
    return await Promise.all(
      submissions.map(async (submission, index) => {
        const path = pathOf(index);
        const test = submission.test || actor.mode === 'test';
        const read = readSubmission({ ...submission, test }, path);
        const rules = this.knownRules.of(read.given.vertical);
        const checked = checkSubmission(read, rules, { path, now: this.clock.now() });
        // What no rules could make right needs no second look.
        if (!checked.ok && read.refusals.length === checked.refusals.length) return checked;
        return await shard.submit(pendingOf(actor, { path, read, rules, checked }));
      }),
    );
  }

  /** Reads the rules of verticals that are not known yet; after the first leads of each there are none. */
  private async learnRules(verticals: readonly string[]): Promise<void> {
    const unknown = verticals.filter((vertical) => !this.knownRules.get(vertical));
    if (unknown.length > 0) this.knownRules.keep(await this.rulesOf(unknown, this.clock.now()));
  }

  /** The present rules of those that can be the name of a vertical. */
  private async rulesOf(verticals: readonly string[], now: Date): Promise<ReadonlyMap<string, LeadRules>> {
    const names = new Set(verticals.filter((name) => name.length <= textLimits.vertical && isStorable(name)));
    return names.size === 0 ? new Map() : await this.verticals.rules([...names], now);
  }

  // An agency's leads go through one queue, so that two with the same key meet in it and not in the database.
  private shardOf(agencyId: string): GroupCommit<Pending, Result> {
    const shard = this.shards[Number.parseInt(agencyId.slice(-4), 16) % shardCount];
    invariant(shard, 'an agency id is no uuid');
    return shard;
  }

  private async commit(batch: readonly Pending[]): Promise<Result[]> {
    const results = new Map<Pending, Result>();
    let open = batch;
    for (let round = 0; open.length > 0; round += 1) {
      invariant(round < maxRounds, 'contracts or settlements change faster than leads can be delivered');
      open = await this.attempt(open, results, round);
    }
    return batch.map((pending) => {
      const result = results.get(pending);
      invariant(result, 'a lead was neither taken nor refused');
      return result;
    });
  }

  /** Delivers what it can and answers what was sent before; returns those whose contract or settlement moved. */
  private async attempt(
    batch: readonly Pending[],
    results: Map<Pending, Result>,
    round: number,
  ): Promise<readonly Pending[]> {
    const now = this.clock.now();
    await this.checkAnew(round > 0 ? batch : batch.filter(({ checked }) => !checked.ok), now);
    const { groups, unplaced } = await this.placeUnderContracts(batch, now, round);
    const delivered = groups.length > 0 ? await this.intake.deliver(groups, now) : new Set<string>();
    const left: Pending[] = [];
    for (const pending of batch) {
      const { checked } = pending;
      if (!checked.ok || !delivered.has(checked.value.leadId)) left.push(pending);
      else results.set(pending, done({ lead: leadOf(checked.value, now), replayed: false }));
    }
    if (left.length === 0) return left;
    const earlier = await this.earlierOf(left);
    return left.filter((pending) => {
      const result = answerOf(pending, earlier.get(pending.naturalKey), unplaced.get(pending));
      if (result) results.set(pending, result);
      return !result;
    });
  }

  /**
   * Holds submissions to the rules as they are now: those that were refused, since a refusal by old rules would not show,
   * and those that the intake statement left out.
   */
  private async checkAnew(doubtful: readonly Pending[], now: Date): Promise<void> {
    if (doubtful.length === 0) return;
    const verticals = doubtful.map(({ read }) => read.given.vertical);
    const current = await this.rulesOf(verticals, now);
    this.knownRules.keep(current);
    for (const pending of doubtful) {
      const { path, read, actor, inputHash } = pending;
      const rules = current.get(read.given.vertical);
      if (!rules || rules.version === pending.rules.version) continue;
      pending.rules = rules;
      const checked = checkSubmission(read, rules, { path, now });
      pending.checked = checked.ok ? done(intakeLeadOf(actor, checked.value, inputHash)) : checked;
    }
  }

  private async placeUnderContracts(batch: readonly Pending[], now: Date, round: number) {
    const unplaced = new Map<Pending, Result>();
    const sound: Sound[] = [];
    for (const pending of batch) {
      if (pending.checked.ok) sound.push({ pending, lead: pending.checked.value });
      else unplaced.set(pending, pending.checked);
    }
    const found = await this.contractsFor(sound, round > 0);
    const groupsByKey = new Map<string, Group>();
    sound.forEach(({ pending, lead }, index) => {
      const contract = contractFor(pending, found[index]);
      if (!contract.ok) {
        unplaced.set(pending, contract);
        return;
      }
      const isOnly = lead.submission.contractId === null;
      const verticalVersion = pending.rules.version;
      const key = `${contract.value.contractId} ${isOnly} ${verticalVersion}`;
      const group = groupsByKey.get(key) ?? { contract: contract.value, isOnly, verticalVersion, leads: [] };
      groupsByKey.set(key, group);
      group.leads.push(lead);
    });
    const groups = [];
    for (const { contract, isOnly, verticalVersion, leads } of groupsByKey.values()) {
      const terms = await this.termsOf(contract, now, round > 0);
      groups.push({ terms: { ...terms, isOnly, verticalVersion }, leads });
    }
    return { groups, unplaced };
  }

  /** What each submission of a batch asks for: as it is known, or as it is now. */
  private async contractsFor(
    sound: readonly Sound[],
    anew: boolean,
  ): Promise<readonly (ContractsFound | undefined)[]> {
    const asked = sound.map(({ lead }) => ({ agencyId: lead.agencyId, ...lead.submission }));
    const found = asked.map((each) => (anew ? undefined : this.known.get(each)));
    const missing = asked.filter((_each, index) => !found[index]);
    if (missing.length === 0) return found;
    const read = await activeContracts(
      {
        query: async <T>(sql: string, parameters: readonly unknown[] = []) =>
          await this.database.prepared<T>('active-contracts', sql, parameters),
      },
      missing,
    );
    const answers = read.values();
    return asked.map((each, index) => {
      if (found[index]) return found[index];
      const answer = answers.next().value;
      if (answer) this.known.keep(each, answer);
      return answer;
    });
  }

  /** The price and the settlement of a contract's leads; a settlement that did not take them is looked for anew. */
  private async termsOf(
    contract: ActiveContract,
    now: Date,
    openSettlement: boolean,
  ): Promise<Omit<IntakeTerms, 'isOnly' | 'verticalVersion'>> {
    const { terms } = contract;
    const series = {
      agencyId: contract.agencyId,
      buyerId: contract.buyerId,
      currency: terms.baseRate.currency,
      schedule: terms.settlementSchedule,
      timeZone: terms.timeZone,
    };
    const own = periodContaining(series.schedule, localDateOf(now, series.timeZone));
    let periodStart = own.start;
    if (openSettlement) {
      const gathering = await this.unitOfWork.run(async (tx) => done(await gather(tx, series, own, now)));
      invariant(gathering.ok, 'gathering is never refused');
      ({ periodStart } = gathering.value);
    }
    const { charges } = price(terms, factsOf(now));
    const base = charges.find(({ component }) => component === 'BASE');
    invariant(base, 'every delivered lead has a base charge');
    return {
      contractId: contract.contractId,
      version: contract.version,
      rowVersion: contract.rowVersion,
      series,
      periodStart,
      latePeriodStart: periodStart === own.start ? null : own.start,
      base,
      fee: charges.find(({ component }) => component === 'PLATFORM_FEE') ?? null,
    };
  }

  private async earlierOf(
    left: readonly Pending[],
  ): Promise<Map<string, { readonly lead: Lead; readonly inputHash: string }>> {
    // What has not even the form of a submission was never taken.
    const wellFormed = left.filter(({ read }) => read.refusals.length === 0);
    if (wellFormed.length === 0) return new Map();
    const rows = await this.leads.earlier(
      wellFormed.map(({ actor, read }) => ({
        agencyId: actor.organizationId,
        externalId: read.given.externalId,
        test: read.given.test,
      })),
    );
    return new Map(rows.map((row) => [naturalKeyOf(row.lead.agencyId, row.lead), row]));
  }
}

/** A submission that may be taken, on its way. */
interface Sound {
  readonly pending: Pending;
  readonly lead: IntakeLead;
}

/** Leads that go in together: of one contract, checked by the same rules. */
interface Group {
  readonly contract: ActiveContract;
  readonly isOnly: boolean;
  readonly verticalVersion: number;
  readonly leads: IntakeLead[];
}

function pendingOf(
  actor: Actor,
  submission: Pick<Pending, 'path' | 'read' | 'rules'> & { readonly checked: Outcome<CheckedSubmission> },
): Pending {
  const { read, checked } = submission;
  // Of what was given, not of its normal form: rules that came since do not make a replay another submission.
  const inputHash = hash('sha256', JSON.stringify(read.given, bigintAsText), 'hex');
  return {
    ...submission,
    actor,
    inputHash,
    naturalKey: naturalKeyOf(actor.organizationId, read.given),
    checked: checked.ok ? done(intakeLeadOf(actor, checked.value, inputHash)) : checked,
  };
}

function intakeLeadOf(actor: Actor, submission: CheckedSubmission, inputHash: string): IntakeLead {
  return {
    agencyId: actor.organizationId,
    leadId: newId(),
    deliveryId: newId(),
    chargeId: newId(),
    feeId: newId(),
    submittedBy: actor.id,
    submission,
    inputHash,
  };
}

// What was given always has its keys in the same order, so plain JSON is canonical here.
function bigintAsText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}

function naturalKeyOf(
  agencyId: string,
  { externalId, test }: { readonly externalId: string; readonly test: boolean },
): string {
  return `${agencyId}:${test}:${externalId}`;
}

/** The first answer, if it was taken before; else why it is not taken, or undefined when it may be tried again. */
function answerOf(
  pending: Pending,
  before: { readonly lead: Lead; readonly inputHash: string } | undefined,
  refused: Result | undefined,
): Result | undefined {
  if (!before) return refused;
  // Under a name that is used, what is wrong with a lead is still told as it is.
  const isSame = before.inputHash === pending.inputHash;
  return !isSame && !pending.checked.ok ? refused : replayOf(pending, before);
}

function replayOf(pending: Pending, before: { readonly lead: Lead; readonly inputHash: string }): Result {
  if (before.inputHash === pending.inputHash) return done({ lead: before.lead, replayed: true });
  return refuse('EXTERNAL_ID_REUSED', {
    field: [...pending.path, 'externalId'],
    data: { existingId: before.lead.id },
  });
}

/** The contract that the submission names, or the only one that matches. */
function contractFor(pending: Pending, found: ContractsFound | undefined): Outcome<ActiveContract> {
  const { vertical, contractId, test } = pending.read.given;
  const field = [...pending.path, contractId === null ? 'vertical' : 'contractId'];
  const [contract, ...others] = found?.contracts ?? [];
  if (!contract) {
    if (found?.inactive) return refuse('CONTRACT_NOT_ACTIVE', { field });
    return refuse(contractId === null ? 'NO_MATCHING_CONTRACT' : 'NOT_FOUND', { field });
  }
  if (others.length > 0) return refuse('CONTRACT_AMBIGUOUS', { field: [...pending.path, 'contractId'] });
  if (contract.vertical !== vertical) {
    return refuse('INVALID_VALUE', { field: [...pending.path, 'vertical'], message: otherVertical });
  }
  if (contract.creditBlocked && !test) return refuse('INSUFFICIENT_BALANCE', { field });
  return done(contract);
}

function factsOf(now: Date) {
  // All leads of a batch have the same facts so far, so one price serves them all.
  return { deliveryId: '', deliveredAt: now, test: false, qualifiedAt: null, returnedAt: null, deals: [] };
}

function leadOf({ agencyId, leadId, submission }: IntakeLead, now: Date): Lead {
  const { contractId: _named, ...rest } = submission;
  return { ...rest, agencyId, id: leadId, state: 'SOLD', receivedAt: now };
}
