import { type Clock, compareDates, type LocalDate, parseLocalDate, type Period } from '#calendar';
import { recordAudit } from '#audit';
import { once, type Transaction, UnitOfWork } from '#database';
import { emit } from '#events';
import type { Actor } from '#organizations';
import { done, type Outcome, type Refusal, refusal, refuse, refused } from '#outcome';
import { Inject, Injectable } from '@nestjs/common';
import { decidePeriod } from './period.js';
import { type SettlementRef, whyNotPermitted } from './settlement.js';
import { settlementEvent } from './settlement-event.js';
import { type Run, SettlementStore } from './settlement.store.js';

/** Settlements that one call closes, and those closed before that it names. */
export const maxPreparedAtOnce = 500;

export interface PrepareSettlementsInput {
  /** YYYY-MM-DD; the period runs up to, but not including, its end. */
  readonly periodStart: string;
  readonly periodEnd: string;
  readonly agencyId?: string | null;
  readonly buyerId?: string | null;
  readonly idempotencyKey: string;
}

export interface SettlementsPrepared {
  /** Closed by this call. */
  readonly closed: readonly SettlementRef[];
  /** Closed by this call or before, in the order of their ids: the same for whoever prepares the period again. */
  readonly settlements: readonly SettlementRef[];
  /** How many still gather, when there were more than one call closes. */
  readonly remaining: number;
}

/** Closes the period of every settlement that gathers for it. */
@Injectable()
export class PrepareSettlements {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly settlements: SettlementStore,
    @Inject('Clock') private readonly clock: Clock,
  ) {}

  /**
   * Closes at most 500 settlements; call it again (with another key) while `remaining` is not zero. Each is closed
   * once, however often and by how many at once it is called. Settlements whose zone has not reached the period's end
   * are left alone. Refuses INVALID_VALUE, NOT_FOUND, PERIOD_NOT_ON_SCHEDULE, PERIOD_NOT_ENDED, NOT_PERMITTED.
   */
  async execute(
    actor: Actor,
    { idempotencyKey: key, ...input }: PrepareSettlementsInput,
  ): Promise<Outcome<SettlementsPrepared & { readonly replayed: boolean }>> {
    const now = this.clock.now();
    const { organizationId } = actor;
    return await this.unitOfWork.run((tx) =>
      once<SettlementsPrepared>(
        tx,
        { organizationId, key, operation: 'prepareSettlements', input, now },
        () => this.prepare(tx, actor, input, now),
      ),
    );
  }

  private async prepare(
    tx: Transaction,
    actor: Actor,
    input: Omit<PrepareSettlementsInput, 'idempotencyKey'>,
    now: Date,
  ): Promise<Outcome<SettlementsPrepared>> {
    const notPermitted = whyNotPermitted(actor, 'prepare');
    if (notPermitted !== null) return refuse('NOT_PERMITTED', { message: notPermitted });
    const run = await this.readRun(tx, input, now);
    if (!run.ok) return run;
    const closed = await this.settlements.lockOpen(tx, run.value, maxPreparedAtOnce);
    await this.settlements.close(tx, actor, now, closed);
    const settlements = await this.settlements.closedOf(tx, run.value, maxPreparedAtOnce);
    const remaining = await this.settlements.countOpen(tx, run.value);
    const prepared = await this.settlements.read(tx, closed);
    await emit(tx, ...prepared.map((each) => settlementEvent('prepare', each, now)));
    if (closed.length > 0) {
      // One entry for the run; each settlement has its own event, which names the same actor.
      await recordAudit(tx, actor, {
        action: 'settlement.prepare',
        subject: `period:${input.periodStart}/${input.periodEnd}`,
        after: closed,
        at: now,
      });
    }
    return done({ closed, settlements: merge(closed, settlements), remaining });
  }

  private async readRun(
    tx: Transaction,
    input: Omit<PrepareSettlementsInput, 'idempotencyKey'>,
    now: Date,
  ): Promise<Outcome<Run>> {
    const period = readPeriod(input.periodStart, input.periodEnd);
    if (!period.ok) return period;
    const agencyId = input.agencyId ?? null;
    const buyerId = input.buyerId ?? null;
    const missing: Refusal[] = [];
    if (agencyId !== null && !(await this.settlements.organizationExists(tx, agencyId, 'AGENCY'))) {
      missing.push(refusal('NOT_FOUND', { field: ['input', 'agencyId'] }));
    }
    if (buyerId !== null && !(await this.settlements.organizationExists(tx, buyerId, 'BUYER'))) {
      missing.push(refusal('NOT_FOUND', { field: ['input', 'buyerId'] }));
    }
    if (missing.length > 0) return refused(...missing);
    const inUse = await this.settlements.seriesInUse(tx, { agencyId, buyerId }, period.value);
    const series = decidePeriod(period.value, inUse, now);
    return series.ok ? done({ period: period.value, series: series.value, agencyId, buyerId }) : series;
  }
}

function readPeriod(startText: string, endText: string): Outcome<Period> {
  const start = parseLocalDate(startText);
  const end = parseLocalDate(endText);
  if (start !== undefined && end !== undefined && compareDates(start, end) < 0) return done({ start, end });
  const wrong = (date: LocalDate | undefined, name: string): Refusal[] =>
    date === undefined ? [refusal('INVALID_VALUE', { field: ['input', name], message: notADate })] : [];
  const unread = [...wrong(start, 'periodStart'), ...wrong(end, 'periodEnd')];
  if (unread.length > 0) return refused(...unread);
  return refuse('INVALID_VALUE', {
    field: ['input', 'periodEnd'],
    message: 'A period must end after it starts.',
  });
}

const notADate = 'A date must be written as YYYY-MM-DD, between 1900 and 9000.';

/** What this call closed is always named, also where more than the limit were closed before. */
function merge(closed: readonly SettlementRef[], all: readonly SettlementRef[]): readonly SettlementRef[] {
  const byId = new Map([...all, ...closed].map((ref) => [`${ref.agencyId}:${ref.id}`, ref]));
  return [...byId].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, ref]) => ref);
}
