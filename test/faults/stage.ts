/**
 * A marketplace in which an operation of every kind is about to be asked for, six times over. It is built once and kept
 * as a database that is copied and a state file of the Stripe sandbox: each test has it to itself.
 */
import type { Period } from '#calendar';
import { SandboxClockStore, UnitOfWork } from '#database';
import type { Actor } from '#organizations';
import { done } from '#outcome';
import { Operations } from '#payments';
import { type PaymentWork, paymentWork } from '../../apps/process/src/payments.module.js';
import type { TestApp } from '../support/app.js';
import type { Settlement } from '../support/marketplace.js';
import { type Kept, keep } from './kept.js';
import { dailyTerms, type MoneyMarket, type Side } from './money-market.js';
import { doAct, type PersonsAct } from './persons-acts.js';

/** One set of sides for each fault, so that no two meet. */
export const slotCount = 6;

export interface SlotOfStage {
  /** Its approved statement is to be charged to a saved card. */
  readonly payer: Side;
  /** Its approved statement is to be sent as an invoice. */
  readonly invoiced: Side;
  /** The same, and the provider does not know it yet. */
  readonly newcomer: Side;
  /** Its payment waits for a person who is not there, and is to be canceled. */
  readonly absent: Side;
  /** Has an open invoice, which is to be voided. */
  readonly voided: Side;
  /** An agency with released money. */
  readonly paid: Side;
  /** Was paid for a deal that was refunded since; its contract takes that back by a reversal. */
  readonly reversed: Side;
  /** An agency that is to have an account at the provider. */
  readonly joining: Side;
}

export interface Stage {
  /** The agency of all buyers whose statements are not paid yet. */
  readonly agency: Side;
  /** The buyer who paid for what `paid` and `reversed` sold, and who has prepaid money. */
  readonly early: Side;
  readonly slots: readonly SlotOfStage[];
  /** Requests of one person to give prepaid money back, one for each slot. */
  readonly refundRequestIds: readonly string[];
  /** Collections with an open invoice, one for each slot. */
  readonly voidedCollectionIds: readonly string[];
  readonly preparer: Actor;
  readonly approver: Actor;
}

/** Who takes part in it. */
type Cast = Pick<Stage, 'agency' | 'early' | 'slots'>;

export interface KeptStage extends Stage, Omit<Kept, 'app'> {
  /** What is written from then on is of the tests. */
  readonly writtenFrom: Date;
  /** Which slot an organization or a request belongs to, by its id. */
  readonly slotOf: (id: string) => number | undefined;
}

const hourMs = 3_600_000;
/** What an agency was paid stays in its account, where a reversal finds it. */
export const stageSettings = { automaticPayouts: false } as const;

/** ABOUT_TO: the worker is about to write every kind. WRITTEN: everything is written, and nothing of it is sent. */
export async function buildStage(until: 'ABOUT_TO' | 'WRITTEN'): Promise<KeptStage> {
  const { built, ...kept } = await keep(async (market) => {
    const stage = await new StageBuilder(market.app, market).build();
    await market.followClock();
    const writtenFrom = market.app.now();
    if (until === 'WRITTEN') await writeAll(market.app, stage);
    return { ...stage, writtenFrom };
  }, stageSettings);
  const slotById = new Map(
    built.slots.flatMap((slot, index) =>
      Object.values<Side>({ ...slot }).map(({ uuid }) => [uuid, index] as const),
    ),
  );
  for (const [index, id] of built.refundRequestIds.entries()) slotById.set(id, index);
  return { ...built, ...kept, slotOf: (id) => slotById.get(id) };
}

class StageBuilder {
  constructor(
    private readonly app: TestApp,
    private readonly market: MoneyMarket,
  ) {}

  async build(): Promise<Stage> {
    const { market } = this;
    // A day that does not end while this runs.
    await this.app.advanceClock(`${market.period().end}T10:00:00Z`);
    const agency = market.seeded('agency');
    const early = market.seeded('buyer');
    await Promise.all([market.onboard(agency), market.saveMethod(early, 'pm_card_visa')]);
    const slots = await Promise.all(Array.from({ length: slotCount }, () => this.slot()));
    const deals = await this.firstDay({ agency, early, slots });
    const waiting = await this.secondDay({ agency, early, slots });
    await this.thirdDay({ agency, early, slots }, { deals, waiting });
    const refundRequestIds: string[] = [];
    for (let index = 0; index < slotCount; index += 1) {
      refundRequestIds.push(await market.askRefund(early, null, 20_00 + index));
    }
    // By now the holds of those who are to be paid are over, and nobody has looked.
    await this.pass(3 * 24 * hourMs);
    const voidedCollectionIds = await Promise.all(slots.map(({ voided }) => market.liveCollection(voided)));
    const [preparer, approver] = [market.person('preparer'), market.person('approver')];
    return { agency, early, slots, refundRequestIds, voidedCollectionIds, preparer, approver };
  }

  private async slot(): Promise<SlotOfStage> {
    const { market } = this;
    const agencies = ['paid', 'reversed', 'joining'] as const;
    const buyers = ['payer', 'invoiced', 'newcomer', 'absent', 'voided'] as const;
    const made: Record<string, Side> = {};
    for (const name of agencies) made[name] = await market.organization('AGENCY', name);
    for (const name of buyers) made[name] = await market.organization('BUYER', name);
    const slot = made as unknown as SlotOfStage;
    const { payer, invoiced, newcomer, absent, voided, paid, reversed } = slot;
    for (const each of [paid, reversed]) await market.onboard(each);
    for (const each of [invoiced, voided, newcomer, absent]) {
      const terms = each === absent ? 'AUTOPAY' : 'INVOICE';
      await market.setTerms(each, terms, { netTermsDays: 30, billingEmail: `${each.uuid}@buyer.example` });
    }
    for (const each of [payer, absent]) await market.saveMethod(each, 'pm_card_visa');
    await market.beginSetup(invoiced);
    return slot;
  }

  /** What is paid already: gives the deals of those who are to give it back. */
  private async firstDay({ agency, early, slots }: Cast): Promise<readonly string[]> {
    const { market } = this;
    const period = market.period();
    const deals = await Promise.all(
      slots.map(async ({ paid, reversed, voided }) => {
        await this.sell(paid, early, { holdDays: 2 });
        await this.sell(agency, voided, { holdDays: 0 });
        return await this.sell(reversed, early, { holdDays: 0, clawbackMethod: 'TRANSFER_REVERSAL' });
      }),
    );
    await market.later(16);
    for (const { paid, reversed, voided } of slots) {
      for (const [seller, buyer] of [
        [paid, early],
        [reversed, early],
        [agency, voided],
      ] as const)
        await market.approveStatement(await this.reviewed(seller, buyer, period));
    }
    await market.later(1);
    await market.topUp(early, 500_00);
    await market.later(1);
    return deals;
  }

  private async secondDay({ agency, slots }: Cast): Promise<ReadonlyMap<Side, Settlement>> {
    const { market } = this;
    const period = market.period();
    const buyers = slots.flatMap(({ payer, invoiced, newcomer, absent }) => [
      payer,
      invoiced,
      newcomer,
      absent,
    ]);
    await Promise.all(buyers.map((buyer) => this.sell(agency, buyer, { holdDays: 0 })));
    await market.later(24);
    const waiting = new Map<Side, Settlement>();
    for (const buyer of buyers) waiting.set(buyer, await this.reviewed(agency, buyer, period));
    return waiting;
  }

  private async thirdDay(
    { slots }: Cast,
    { deals, waiting }: { deals: readonly string[]; waiting: ReadonlyMap<Side, Settlement> },
  ): Promise<void> {
    const { market } = this;
    const approve = async (buyer: Side): Promise<void> => {
      const statement = waiting.get(buyer);
      if (statement) await market.approveStatement(statement);
    };
    for (const { absent } of slots) await approve(absent);
    await this.run('bill-buyers');
    for (const { absent } of slots) await this.askForAuthentication(absent);
    for (const { payer, invoiced, newcomer } of slots) {
      for (const buyer of [payer, invoiced, newcomer]) await approve(buyer);
    }
    for (const [index, deal] of deals.entries()) {
      const [agency, buyer] = [slots[index]?.reversed, market.seeded('buyer')];
      if (agency) await market.refundDeal(agency, buyer, deal);
    }
  }

  /** A lead and a deal of 2,000.00: 451.00, of which 410.00 are the agency's. Gives the deal. */
  private async sell(agency: Side, buyer: Side, terms: object): Promise<string> {
    const between = this.market.between(agency, buyer);
    const { vertical } = await between.contract({ ...dailyTerms, ...terms });
    const [lead = ''] = await between.submit(vertical, 1);
    return await between.reportWon(lead, { amount: '2000.00', currency: 'USD' });
  }

  private async reviewed(agency: Side, buyer: Side, period: Period): Promise<Settlement> {
    const statement = await this.market.inReview(agency, buyer, period);
    if (!statement) throw new Error('nothing was gathered');
    return statement;
  }

  /**
   * The provider has made the payment and its bank asks for authentication, but nobody here knows yet: the answer was
   * lost. Off-session payments of the sandbox never ask, those of banks do.
   */
  private async askForAuthentication(buyer: Side): Promise<void> {
    const { database } = this.app;
    const [operation] = await database.query<{ id: string; body: { params: Record<string, unknown> } }>(
      `select o.id, o.body from stripe_operations o join collections c on c.operation_id = o.id
       where c.buyer_id = $1 and o.kind = 'PAYMENT' and o.state = 'READY'`,
      [buyer.uuid],
    );
    if (!operation) throw new Error('nothing is to be charged');
    const { params } = operation.body;
    await this.market.askForAuthentication(params);
    await database.query(
      `update stripe_operations set state = 'UNKNOWN', in_doubt = true, tries = 2, first_sent_at = $2, next_try_at = $2
       where id = $1`,
      [operation.id, new Date(this.app.now().getTime() + 3 * 24 * hourMs)],
    );
  }

  /** One kind of work, once. */
  private async run(name: string): Promise<void> {
    await runWork(this.app, name);
  }

  /** Makes it later for everyone, without doing what that makes due. */
  private async pass(ms: number): Promise<void> {
    const { nest } = this.app;
    const store = nest.get(SandboxClockStore, { strict: false });
    const offsetMs = (await store.offsetMs()) + ms;
    await nest.get(UnitOfWork, { strict: false }).run(async (tx) => done(await store.advance(tx, offsetMs)));
    this.market.bank.setClockOffset({ offsetMs });
  }
}

/** What people do in the stage that has the provider asked for something. */
export function personsActs(stage: Stage): readonly PersonsAct[] {
  const { approver, preparer } = stage;
  return [
    ...stage.refundRequestIds.map((requestId): PersonsAct => ({
      ...{ act: 'approveFinanceRequest', by: approver, requestId },
    })),
    ...stage.voidedCollectionIds.map((collectionId): PersonsAct => ({
      ...{ act: 'cancelCollection', by: preparer, collectionId },
    })),
    ...stage.slots.map(({ joining }): PersonsAct => {
      const input = { email: `${joining.uuid}@agency.example`, country: 'US' };
      return { act: 'beginOnboarding', by: joining.actor, input };
    }),
  ];
}

/** Has everything written that is to be sent, as the worker and people would, and nothing sent. */
async function writeAll(app: TestApp, stage: Stage): Promise<void> {
  const { nest, database } = app;
  const ids = await database.query<{ id: string }>(
    `select id from stripe_operations where state = 'UNKNOWN'`,
  );
  const operations = nest.get(Operations, { strict: false });
  for (const { id } of ids) await operations.sendNow(id, app.now());
  for (const name of ['bill-buyers', 'start-holds', 'release-holds', 'claw-back', 'pay-agencies']) {
    await runWork(app, name);
  }
  await database.query(stopSql);
  for (const act of personsActs(stage)) await doAct(nest, act);
  await database.query(resumeSql);
}

/** So that an account that is asked for is not made at once. */
export const stopSql = `update payment_control set stopped_at = now(), stopped_by = 'test'`;
export const resumeSql = 'update payment_control set stopped_at = null, stopped_by = null';

async function runWork(app: TestApp, name: string): Promise<void> {
  const list = app.nest.get<readonly PaymentWork[]>(paymentWork, { strict: false });
  const work = list.find((each) => each.name === name);
  if (!work) throw new Error(`there is no work ${name}`);
  await work.run(app.now(), 100);
}
