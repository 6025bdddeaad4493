import { Injectable } from '@nestjs/common';
import { type LocalDate, localDateOf, type Period, periodContaining } from '#calendar';
import { gather, type SettlementSeries } from '#charges';
import {
  type ActiveContract,
  activeContracts,
  type ContractsFound,
  price,
  type PricedCharge,
} from '#contracts';
import { Database, type Transaction, UnitOfWork } from '#database';
import { done, invariant, type Outcome, refuse } from '#outcome';
import { type HeldDesk, type RouteAsked, RoutingDeskStore } from '#routing';
import { KnownContracts } from './known-contracts.js';
import type { IntakeLead, Pending } from './pending.js';
import { otherVertical } from './submission-answers.js';

/** What all leads of one contract in a batch share, as it was read; the desk holds it to what it is now. */
export interface IntakeTerms {
  readonly contract: ActiveContract;
  /** It was not named: once another contract takes leads of its vertical, this one is no longer the one. */
  readonly isOnly: boolean;
  /** The vertical's version by whose rules the leads were checked, 0 where it is not defined. */
  readonly verticalVersion: number;
  readonly bidMinor: bigint | null;
  readonly series: SettlementSeries;
  /** The first day of the settlement that takes the charges. */
  readonly periodStart: LocalDate;
  readonly latePeriodStart: LocalDate | null;
  readonly base: PricedCharge;
  readonly fee: PricedCharge | null;
}

/** A lead and the contract that it is meant for. */
export interface PlacedLead {
  readonly lead: IntakeLead;
  /** Its place in the terms of the batch; null: a route says where it goes. */
  readonly group: number | null;
  /** The route that it takes, held; null: it goes to its contract. */
  readonly desk: HeldDesk | null;
}

/** Where the leads of a batch are to go. */
export interface Placement {
  readonly terms: readonly IntakeTerms[];
  readonly leads: ReadonlyMap<Pending, Outcome<PlacedLead>>;
}

/** What leads have in common that are sold under the same terms. */
export interface TermsWanted {
  readonly contract: ActiveContract;
  readonly isOnly: boolean;
  readonly verticalVersion: number;
  /** What the buyer bid for each of them instead of the base rate. */
  readonly bidMinor: bigint | null;
}

interface Group extends TermsWanted {
  readonly number: number;
}

/** Finds the contract, the price and the settlement of leads, before any of them is taken. */
@Injectable()
export class PlacementStore {
  private readonly known = new KnownContracts();

  constructor(
    private readonly database: Database,
    private readonly unitOfWork: UnitOfWork,
    private readonly routing: RoutingDeskStore,
  ) {}

  /** `anew`: as everything is now, since what was known turned out to be old. */
  async place(batch: readonly Pending[], now: Date, anew: boolean): Promise<Placement> {
    const leads = new Map<Pending, Outcome<PlacedLead>>();
    const sound: Sound[] = [];
    for (const pending of batch) {
      if (!pending.checked.ok) leads.set(pending, pending.checked);
      else if (!anew && this.routing.seemsRouted(askedBy(pending.checked.value))) {
        leads.set(pending, done({ lead: pending.checked.value, group: null, desk: null }));
      } else sound.push({ pending, lead: pending.checked.value });
    }
    const found = await this.contractsFor(sound, anew);
    const groups = new Map<string, Group>();
    sound.forEach(({ pending, lead }, index) => {
      const contract = contractFor(pending, found[index]);
      if (!contract.ok) {
        leads.set(pending, contract);
        return;
      }
      const isOnly = lead.submission.contractId === null;
      const verticalVersion = pending.rules.version;
      const key = `${contract.value.contractId} ${isOnly} ${verticalVersion}`;
      const group = groups.get(key) ?? {
        number: groups.size,
        contract: contract.value,
        isOnly,
        verticalVersion,
        bidMinor: null,
      };
      groups.set(key, group);
      leads.set(pending, done({ lead, group: group.number, desk: null }));
    });
    const terms: IntakeTerms[] = [];
    for (const group of groups.values()) {
      terms.push(termsOf(group, anew ? await this.opened(group, now) : ownPeriod(group.contract, now), now));
    }
    return { terms, leads };
  }

  private async opened({ contract }: Group, now: Date): Promise<PeriodTaken> {
    const opened = await this.unitOfWork.run(async (tx) => done(await openPeriod(tx, contract, now)));
    invariant(opened.ok, 'gathering is never refused');
    return opened.value;
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
}

/** Opens the settlement that takes the charges of a contract now, where it is not open, and keeps it open until `tx` ends. */
export async function openPeriod(tx: Transaction, contract: ActiveContract, now: Date): Promise<PeriodTaken> {
  const own = periodOf(contract, now);
  const { periodStart: start } = await gather(tx, seriesOf(contract), own, now);
  return { start, lateStart: start === own.start ? null : own.start };
}

/** The settlement that takes charges, by its first day. */
export interface PeriodTaken {
  readonly start: LocalDate;
  /** The first day of the period that they belong to, where that is another. */
  readonly lateStart: LocalDate | null;
}

/** The settlement of the present period: whether it is open is for the desk to see. */
export function ownPeriod(contract: ActiveContract, now: Date): PeriodTaken {
  return { start: periodOf(contract, now).start, lateStart: null };
}

function periodOf({ terms }: ActiveContract, now: Date): Period {
  return periodContaining(terms.settlementSchedule, localDateOf(now, terms.timeZone));
}

function seriesOf({ agencyId, buyerId, terms }: ActiveContract): SettlementSeries {
  return {
    agencyId,
    buyerId,
    currency: terms.baseRate.currency,
    schedule: terms.settlementSchedule,
    timeZone: terms.timeZone,
  };
}

/** The price and the settlement of leads that are sold under the same terms. */
export function termsOf(wanted: TermsWanted, period: PeriodTaken, now: Date): IntakeTerms {
  const { contract, isOnly, verticalVersion, bidMinor } = wanted;
  // All leads of a batch have the same facts so far, so one price serves them all.
  const { charges } = price(contract.terms, {
    deliveryId: '',
    deliveredAt: now,
    bidMinor,
    test: false,
    qualifiedAt: null,
    returnedAt: null,
    deals: [],
  });
  const base = charges.find(({ component }) => component === 'BASE');
  invariant(base, 'every delivered lead has a base charge');
  return {
    contract,
    isOnly,
    verticalVersion,
    bidMinor,
    series: seriesOf(contract),
    periodStart: period.start,
    latePeriodStart: period.lateStart,
    base,
    fee: charges.find(({ component }) => component === 'PLATFORM_FEE') ?? null,
  };
}

/** By what a lead may be routed. */
export function askedBy({
  agencyId,
  submission: { vertical, contractId },
}: IntakeLead): Omit<RouteAsked, 'onlyContractId'> {
  return { agencyId, vertical, contractId };
}

/** A submission that may be taken, on its way. */
interface Sound {
  readonly pending: Pending;
  readonly lead: IntakeLead;
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
