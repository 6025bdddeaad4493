/**
 * libs/collections on a database of its own, against the Stripe sandbox through libs/stripe: `const billing = await
 * openBilling()`. Its clock stands still until it is advanced, and the sandbox's with it. Agencies are not paid here.
 */
import { addDays, asLocalDate, periodContaining } from '#calendar';
import {
  BeginPaymentSetup,
  BillingQueries,
  CancelCollection,
  type Collection,
  collectionInvariants,
  CollectionQueries,
  collectionsHandlers,
  CollectInvoice,
  DisputeQueries,
  type Invoice,
  InvoiceQueries,
  RefundQueries,
  SetBillingProfile,
  TopUpBalance,
} from '#collections';
import { Database, newId, UnitOfWork } from '#database';
import { doDueWorkToTheEnd, type DueWork } from '#jobs';
import { type AccountKind, balancesOfBook, runInvariants } from '#ledger';
import { asCurrency, type Money, money } from '#money';
import type { Actor } from '#organizations';
import { done } from '#outcome';
import {
  ControlPayments,
  DecideFinanceRequest,
  type FetchableKind,
  type FinanceRequestKind,
  type FinanceRequestPayload,
  HandlerRegistry,
  MirrorFunds,
  type ObjectHandlerOf,
  Operations,
  paymentInvariants,
  type PaymentHandlers,
  type PaymentProvider,
  RequestFinanceAct,
  SendOperations,
  type SnapshotOf,
  SweepUnfinished,
} from '#payments';
import {
  ApproveSettlement,
  bookInvariants,
  PrepareSettlements,
  SettlementQueries,
  SubmitSettlement,
} from '#settlements';
import type { Type } from '@nestjs/common';
import type { TestingModule } from '@nestjs/testing';
import type { Sandbox } from '../../apps/stripe-sandbox/src/sandbox.js';
import {
  actorOf,
  charge,
  type Charged,
  type ChargeWanted,
  insertUser,
  type OpenBook,
  valueOf,
} from '../settlements/open-book.js';
import {
  insertContract,
  insertCorrection,
  insertOrganization,
  person,
  type Statement,
} from './marketplace-rows.js';
import { type BillingSurroundings, openSurroundings } from './surroundings.js';

export { codesOf, valueOf } from '../settlements/open-book.js';
export { type Statement } from './marketplace-rows.js';

export const usd = asCurrency('USD');
export const dollars = (amount: number): Money => money(BigInt(Math.round(amount * 100)), usd);
const dayMs = 86_400_000;

export interface StatementWanted {
  readonly agencyId?: string;
  readonly buyerId?: string;
  /** Minor units. */
  readonly agencyMinor?: bigint;
  readonly feeMinor?: bigint;
  /** Charged and closed, and not approved. */
  readonly unapproved?: boolean;
  /** It charges for this once more. */
  readonly of?: Charged;
}

/** The library, its surroundings and everything that is done to a buyer's money. */
export class Billing {
  buyerId = '';
  agencyId = '';
  readonly sandbox: Sandbox;
  /** Stripe as libs/stripe talks to it, not guarded. */
  readonly stripe: PaymentProvider;
  readonly database: Database;
  readonly unitOfWork: UnitOfWork;
  readonly handlers: PaymentHandlers;
  readonly setProfile: SetBillingProfile;
  readonly beginSetup: BeginPaymentSetup;
  readonly topUp: TopUpBalance;
  readonly collectNow: CollectInvoice;
  readonly cancel: CancelCollection;
  readonly profiles: BillingQueries;
  readonly invoices: InvoiceQueries;
  readonly collections: CollectionQueries;
  readonly disputes: DisputeQueries;
  readonly refunds: RefundQueries;
  readonly settlements: SettlementQueries;
  readonly operations: Operations;
  readonly control: ControlPayments;
  private readonly allWork: readonly DueWork[];
  private readonly pairs = new Map<string, Promise<string>>();
  private dayOfStatement = 0;

  constructor(
    private readonly surroundings: Omit<BillingSurroundings, 'nest'>,
    readonly operatorId: string,
    readonly people: Readonly<Record<'preparer' | 'approver' | 'admin', Actor>>,
    private readonly nest: TestingModule,
  ) {
    this.sandbox = surroundings.sandbox;
    this.stripe = surroundings.stripe;
    const get = <T>(type: Type<T>): T => nest.get(type, { strict: false });
    this.database = get(Database);
    this.unitOfWork = get(UnitOfWork);
    this.handlers = nest.get<PaymentHandlers>(collectionsHandlers);
    this.setProfile = get(SetBillingProfile);
    this.beginSetup = get(BeginPaymentSetup);
    this.topUp = get(TopUpBalance);
    this.collectNow = get(CollectInvoice);
    this.cancel = get(CancelCollection);
    this.profiles = get(BillingQueries);
    this.invoices = get(InvoiceQueries);
    this.collections = get(CollectionQueries);
    this.disputes = get(DisputeQueries);
    this.refunds = get(RefundQueries);
    this.settlements = get(SettlementQueries);
    this.operations = get(Operations);
    this.control = get(ControlPayments);
    const send: DueWork = { name: 'send', run: (now, limit) => get(SendOperations).execute(now, limit) };
    const sweep: DueWork = { name: 'sweep', run: (now, limit) => get(SweepUnfinished).execute(now, limit) };
    const mirror: DueWork = { name: 'mirror', run: (now) => get(MirrorFunds).catchUp(now) };
    const { dueWork } = this.handlers;
    this.allWork = [...dueWork, send, sweep, ...dueWork, send, mirror];
  }

  get preparer(): Actor {
    return this.people.preparer;
  }

  /** The buyer's own people. */
  get buyer(): Actor {
    return actorOf('BUYER', this.buyerId, ['OWNER']);
  }

  now(): Date {
    return this.surroundings.clock.now();
  }

  /** Lets time pass for everyone; nothing is done. */
  pass(ms: number): void {
    const at = new Date(this.now().getTime() + ms);
    this.surroundings.clock.set(at);
    this.sandbox.control.setClock({ at: at.toISOString() });
  }

  /** Does everything that is due, without a single webhook. */
  async work(): Promise<void> {
    const { isAllDone } = await doDueWorkToTheEnd(this.allWork, this.surroundings.clock);
    if (!isAllDone) throw new Error('the work has no end');
  }

  /** Lets days pass, one after the other, and does what falls due. */
  async days(count: number): Promise<void> {
    for (let day = 0; day < count; day += 1) {
      this.pass(dayMs);
      await this.work();
    }
  }

  async organization(kind: 'AGENCY' | 'BUYER'): Promise<string> {
    const id = newId();
    await insertOrganization(this.database, { id, kind });
    // Invoices go to who runs it.
    if (kind === 'BUYER') await insertUser(this.database, actorOf('BUYER', id, ['OWNER']));
    return id;
  }

  private async contract(agencyId: string, buyerId: string): Promise<string> {
    const key = `${agencyId} ${buyerId}`;
    const known = this.pairs.get(key) ?? insertContract(this.database, { agencyId, buyerId });
    this.pairs.set(key, known);
    return await known;
  }

  async charge(
    wanted: ChargeWanted & { readonly agencyId?: string; readonly buyerId?: string },
  ): Promise<Charged> {
    const { agencyId = this.agencyId, buyerId = this.buyerId, ...rest } = wanted;
    const contractId = await this.contract(agencyId, buyerId);
    const { unitOfWork, database, preparer } = this;
    const book = { unitOfWork, database, preparer, now: () => this.now(), agencyId, buyerId, contractId };
    return await charge(book as unknown as OpenBook, rest);
  }

  /** A statement of a day of its own, long past. */
  async statement(wanted: StatementWanted = {}): Promise<Statement> {
    const { agencyId = this.agencyId, buyerId = this.buyerId } = wanted;
    const { agencyMinor = 100_000n, feeMinor = 0n } = wanted;
    this.dayOfStatement += 1;
    const periodStart = addDays(asLocalDate('2026-01-01'), this.dayOfStatement);
    const at = `${periodStart}T12:00:00.000Z`;
    const common = { agencyId, buyerId, at, schedule: 'DAILY' } as const;
    const again = wanted.of && { of: wanted.of };
    const charged = await this.charge({ ...common, ...again, amountMinor: agencyMinor });
    if (feeMinor !== 0n) {
      const fee = { amountMinor: feeMinor, payee: 'OPERATOR', component: 'PLATFORM_FEE' } as const;
      await this.charge({ ...common, ...fee, of: charged });
    }
    const period = { periodStart, periodEnd: addDays(periodStart, 1), agencyId, buyerId };
    const prepare = this.nest.get(PrepareSettlements, { strict: false });
    const prepared = valueOf(await prepare.execute(this.preparer, { ...period, idempotencyKey: newId() }));
    const [only] = prepared.settlements;
    if (!only) throw new Error('nothing was prepared');
    if (wanted.unapproved !== true) await this.approveStatement(only.id);
    return { agencyId, id: only.id, charged, periodStart, agencyMinor };
  }

  /**
   * Takes back what a statement charged for the agency, or so much of it, after its approval: a line of a later
   * statement, which has no other, is closed and not approved.
   */
  async takeBack(statement: Statement, lessMinor?: bigint): Promise<Pick<Statement, 'agencyId' | 'id'>> {
    const { agencyId } = statement;
    const { buyerId } = this;
    const own = periodContaining('DAILY', addDays(statement.periodStart, 1));
    const { preparer: actor } = this;
    const less = lessMinor !== undefined && { lessMinor };
    const taken = await this.unitOfWork.run(async (tx) =>
      done(await insertCorrection(tx, statement, { buyerId, own, actor, now: this.now(), ...less })),
    );
    const { periodStart, rootId: id } = valueOf(taken);
    const prepare = this.nest.get(PrepareSettlements, { strict: false });
    const period = { periodStart, periodEnd: addDays(asLocalDate(periodStart), 1), agencyId, buyerId };
    valueOf(await prepare.execute(this.preparer, { ...period, idempotencyKey: newId() }));
    this.dayOfStatement += 1;
    return { agencyId, id };
  }

  async approveStatement(settlementId: string): Promise<void> {
    const submit = this.nest.get(SubmitSettlement, { strict: false });
    const approve = this.nest.get(ApproveSettlement, { strict: false });
    valueOf(await submit.execute(this.preparer, { settlementId, idempotencyKey: newId() }));
    valueOf(await approve.execute(this.people.approver, { settlementId, idempotencyKey: newId() }));
  }

  /** Has the buyer save a method of the sandbox on its page. */
  async saveMethod(method: string, buyerId = this.buyerId): Promise<void> {
    const buyer = actorOf('BUYER', buyerId, ['OWNER']);
    const begun = valueOf(await this.beginSetup.execute(buyer, { buyerId, idempotencyKey: newId() }));
    await this.page(begun.url, method);
    this.pass(61_000);
    await this.work();
  }

  async state(statement: Pick<Statement, 'agencyId' | 'id'>): Promise<string> {
    const [found] = await this.settlements.byRefs([statement]);
    return found?.state ?? 'MISSING';
  }

  async history(statement: Pick<Statement, 'agencyId' | 'id'>): Promise<readonly string[]> {
    const events = await this.settlements.history([statement]);
    return events.map(({ to, note }) => (note === null ? to : `${to} ${note}`));
  }

  /** The oldest first. */
  async allInvoices(buyerId = this.buyerId): Promise<readonly Invoice[]> {
    return await this.invoices.page(this.preparer, { buyerId }, { limit: 99, backwards: true });
  }

  async onlyInvoice(buyerId = this.buyerId): Promise<Invoice> {
    const all = await this.allInvoices(buyerId);
    const [only] = all;
    if (!only || all.length > 1) throw new Error(`there are ${all.length} invoices`);
    return only;
  }

  /** The oldest first. */
  async allCollections(buyerId = this.buyerId): Promise<readonly Collection[]> {
    return await this.collections.page(this.preparer, { buyerId }, { limit: 99, backwards: true });
  }

  async lastCollection(buyerId = this.buyerId): Promise<Collection> {
    const last = (await this.allCollections(buyerId)).at(-1);
    if (!last) throw new Error('there is no collection');
    return last;
  }

  /** Minor units, in the direction of the account's normal side; of all buyers. */
  async balance(bookId: string, kind: AccountKind): Promise<bigint> {
    const all = await balancesOfBook(this.database, bookId, { kinds: [kind] });
    return all.reduce((sum, { balanceMinor }) => sum + balanceMinor, 0n);
  }

  async request(kind: FinanceRequestKind, payload: FinanceRequestPayload) {
    const input = { kind, payload, reason: 'a test', idempotencyKey: newId() };
    return await this.nest.get(RequestFinanceAct, { strict: false }).execute(this.preparer, input);
  }

  async approveRequest(requestId: string) {
    const decide = this.nest.get(DecideFinanceRequest, { strict: false });
    return await decide.approve(this.people.approver, { requestId, idempotencyKey: newId() });
  }

  /** Requested by one and approved by another. */
  async decideTogether(kind: FinanceRequestKind, payload: FinanceRequestPayload) {
    const requested = await this.request(kind, payload);
    return requested.ok ? await this.approveRequest(requested.value.id) : requested;
  }

  /** What a webhook does: fetches the object and applies it. */
  async tell<Kind extends FetchableKind>(kind: Kind, id: string): Promise<void> {
    const snapshot = await this.stripe.retrieve(kind, id);
    if (snapshot) await this.applySnapshot(kind, snapshot);
  }

  async applySnapshot<Kind extends FetchableKind>(kind: Kind, snapshot: SnapshotOf<Kind>): Promise<void> {
    for (const handler of this.handlers.objects) {
      if (handler.kind !== kind) continue;
      const { apply } = handler as unknown as ObjectHandlerOf<Kind>;
      await this.unitOfWork.run(async (tx) => done(await apply(tx, snapshot, this.now())));
    }
  }

  /** Pays, or saves a method, on a page of the sandbox. */
  async page(url: string | null, method: string): Promise<void> {
    if (url === null) throw new Error('there is no page');
    const body = new URLSearchParams({ method, do: 'pay' });
    const answer = await fetch(url, { method: 'POST', body, redirect: 'manual' });
    if (answer.status >= 400) throw new Error(`${url} answers ${answer.status}`);
  }

  /** Names, titles and examples of what does not hold. */
  async broken(): Promise<readonly string[]> {
    const all = [...bookInvariants, ...paymentInvariants, ...collectionInvariants];
    const results = await runInvariants(this.database, all);
    const wrong = results.filter(({ holds }) => !holds);
    return wrong.map(({ name, title, examples }) => `${name} ${title}: ${examples.join(' ')}`);
  }

  /** That the books are whole, the sandbox is, and both have the same money. */
  async verify(): Promise<void> {
    expect(await this.broken()).toEqual([]);
    expect(this.sandbox.control.problems()).toEqual([]);
    const books = await this.database.query<{ id: string }>(
      `select id from organizations where kind <> 'BUYER'`,
    );
    let ledger = 0n;
    for (const { id } of books) ledger += await this.balance(id, 'stripe');
    const [balance] = await this.stripe.balances();
    expect(ledger).toBe((balance?.availableMinor ?? 0n) + (balance?.pendingMinor ?? 0n));
    expect(this.surroundings.log).toEqual([]);
  }

  async close(): Promise<void> {
    await this.sandbox.stop();
    await this.nest.close();
    await this.surroundings.drop();
  }
}

export async function openBilling(options: { readonly payments?: boolean } = {}): Promise<Billing> {
  const { nest, ...surroundings } = await openSurroundings(options);
  const database = nest.get(Database);
  const operatorId = newId();
  await insertOrganization(database, { id: operatorId, kind: 'OPERATOR' });
  const people = {
    preparer: await person(database, operatorId, 'FINANCE_PREPARER'),
    approver: await person(database, operatorId, 'FINANCE_APPROVER'),
    admin: await person(database, operatorId, 'ADMIN'),
  };
  const billing = new Billing(surroundings, operatorId, people, nest);
  nest.get(HandlerRegistry, { strict: false }).add(billing.handlers);
  billing.buyerId = await billing.organization('BUYER');
  billing.agencyId = await billing.organization('AGENCY');
  // What is there before is the opening balance; what is made in the same second is told from it by nobody.
  billing.pass(2_000);
  await billing.work();
  billing.pass(2_000);
  return billing;
}
