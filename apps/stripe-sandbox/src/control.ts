import { setTimeout as sleep } from 'node:timers/promises';
import { completeAccount, rejectAccount, restrictAccount, type Demand } from './account-state.js';
import { balanceOf, currenciesOf } from './balance.js';
import { problemsOf } from './check.js';
import { dayMs } from './clock.js';
import { decideDebit } from './confirm-payment.js';
import { escalateDispute, type NewDispute, openDispute, resolveDispute } from './disputes.js';
import { invalid } from './failure.js';
import { addEndpoint, type NewEndpoint } from './endpoints.js';
import { type FaultKind, type FaultRule, type Faults } from './faults.js';
import { forgetKeys } from './idempotency.js';
import { finishAuthentication } from './payment-intents.js';
import { detachMethod, methodOf, setBehaviour } from './payment-methods.js';
import { addTopup, failPayout, payOutEverything } from './payouts.js';
import { present } from './present.js';
import { failRefund, finishRefund, returnDebit } from './refunds.js';
import { finishSetupAuthentication } from './setup-intents.js';
import { platformId, type Effect, type TableName } from './tables.js';
import { type DeliveryRule, type Webhooks } from './webhooks.js';
import { type Settings, type World } from './world.js';

export interface ControlDesk {
  readonly world: World;
  readonly faults: Faults;
  readonly webhooks: Webhooks;
  /** Runs a change as one step: settled before and after, logged, saved, told to endpoints. */
  readonly step: <T>(name: string, params: unknown, work: () => T) => T;
  readonly down: () => Promise<void>;
  readonly up: () => Promise<void>;
}

export interface Span {
  readonly days?: number;
  readonly hours?: number;
  readonly minutes?: number;
  readonly seconds?: number;
  readonly ms?: number;
}

export interface RequestFilter {
  readonly method?: string;
  readonly path?: string;
  readonly idempotencyKey?: string;
  /** What it met. */
  readonly fault?: FaultKind;
}

export interface AwaitedRequest extends RequestFilter {
  readonly count?: number;
  /** Waits until they have acted, too, and their answer is made, whether or not it can be sent. */
  readonly isAnswered?: boolean;
  /** Real time. */
  readonly timeoutMs?: number;
}

/** A log entry's effect, with the request that had it. */
export interface LoggedEffect extends Effect {
  readonly request: string;
  readonly idempotencyKey: string | null;
}

const pollMs = 5;

const milliseconds = ({ days = 0, hours = 0, minutes = 0, seconds = 0, ms = 0 }: Span): number =>
  days * dayMs + hours * 3_600_000 + minutes * 60_000 + seconds * 1000 + ms;

function clockControl({ world, step }: ControlDesk) {
  const { clock } = world;
  const told = () => ({ now: new Date(clock.nowMs()).toISOString(), offsetMs: clock.offsetMs });
  const set = (at: number) => {
    if (!Number.isFinite(at)) throw invalid('That is no time.');
    return step('setClock', { at }, () => {
      clock.set(at);
      return told();
    });
  };
  return {
    clock: told,
    /** An ISO 8601 time. */
    setClock: ({ at }: { at: string }) => set(Date.parse(at)),
    /** How far it is from real time; a clock that stood still runs again. */
    setClockOffset: ({ offsetMs }: { offsetMs: number }) =>
      step('setClockOffset', { offsetMs }, () => {
        if (!Number.isFinite(offsetMs)) throw invalid('That is no number of milliseconds.');
        clock.setOffset(offsetMs);
        return told();
      }),
    advance: (span: Span) => set(clock.nowMs() + milliseconds(span)),
    freezeClock: () =>
      step('freezeClock', {}, () => {
        clock.freeze();
        return told();
      }),
    unfreezeClock: () =>
      step('unfreezeClock', {}, () => {
        clock.unfreeze();
        return told();
      }),
  };
}

function faultControl({ faults, world, step, down, up }: ControlDesk) {
  return {
    injectFault: (rule: FaultRule) => faults.add(rule),
    faults: () => faults.list(),
    clearFaults: () => faults.clear(),
    /** Nobody can connect until `up`, or for that long (real time): over HTTP there is no other way back. */
    down: async ({ ms }: { ms?: number } = {}) => {
      await down();
      if (ms !== undefined) setTimeout(() => void up(), ms);
    },
    up,
    forgetIdempotencyKeys: ({ key }: { key?: string } = {}) =>
      step('forgetIdempotencyKeys', { key }, () => forgetKeys(world, key)),
    settings: (): Settings => ({ ...world.settings }),
    setSettings: (patch: Partial<Settings>) =>
      step('setSettings', patch, () => {
        Object.assign(world.settings, patch);
        world.store.add('meta', { id: 'settings', value: JSON.stringify(world.settings) });
        return { ...world.settings };
      }),
  };
}

function logControl({ world }: ControlDesk) {
  const { store } = world;
  const requests = ({ method, path, idempotencyKey, fault }: RequestFilter = {}) =>
    store
      .all('requests')
      .filter(
        (row) =>
          (method === undefined || row.method === method) &&
          (path === undefined || row.path === path) &&
          (fault === undefined || row.fault === fault) &&
          (idempotencyKey === undefined || row.idempotencyKey === idempotencyKey),
      );
  return {
    /** Every request in order, with its fault and what it did; the passing of time and this API are there too. */
    requests,
    effects: ({
      table,
      verb,
      ...filter
    }: RequestFilter & { table?: TableName; verb?: Effect['verb'] } = {}): readonly LoggedEffect[] =>
      requests(filter).flatMap(({ id, idempotencyKey, effects }) =>
        effects
          .filter(
            (effect) => (table ?? effect.table) === effect.table && (verb ?? effect.verb) === effect.verb,
          )
          .map((effect) => ({ ...effect, request: id, idempotencyKey })),
      ),
    /** Resolves when that many such requests have come in: the moment to kill who sent them. */
    waitForRequest: async ({
      count = 1,
      isAnswered = false,
      timeoutMs = 10_000,
      ...filter
    }: AwaitedRequest) => {
      const end = world.clock.realMs() + timeoutMs;
      for (;;) {
        const found = requests(filter).filter(({ status }) => !isAnswered || status !== null);
        const last = found[count - 1];
        if (last) return last;
        if (world.clock.realMs() > end) throw new Error(`${found.length} of ${count} requests came in`);
        await sleep(pollMs);
      }
    },
    /** All rows of a kind, as they would be answered, oldest first. */
    rows: <K extends TableName>({ table }: { table: K }) => present(world, store.all(table)),
    /** Minor units by currency, of the operator unless told. */
    balances: ({ account = platformId }: { account?: string } = {}) =>
      Object.fromEntries(
        currenciesOf(world, account).map((currency) => [currency, balanceOf(world, account, currency)]),
      ),
    /** What does not add up: empty when objects and balance transactions agree. */
    problems: () => problemsOf(world),
  };
}

function webhookControl({ world, webhooks, step }: ControlDesk) {
  return {
    registerEndpoint: (wanted: NewEndpoint) =>
      step('registerEndpoint', { url: wanted.url }, () => addEndpoint(world, wanted)),
    pauseWebhooks: () => webhooks.pause(),
    resumeWebhooks: () => webhooks.resume(),
    waitingWebhooks: () => webhooks.waiting(),
    releaseWebhooks: ({ ids }: { ids: readonly string[] }) => webhooks.release(ids),
    redeliver: ({ event }: { event: string }) => webhooks.redeliver(event),
    dropWebhooks: (rule: DeliveryRule) => webhooks.drop(rule),
    doubleWebhooks: (rule: DeliveryRule) => webhooks.double(rule),
    delayWebhooks: (rule: DeliveryRule & { ms: number }) => webhooks.delay(rule),
    clearWebhookRules: () => webhooks.clearRules(),
    /** Resolves when everything that could be delivered now has been. */
    settleWebhooks: () => webhooks.settled(),
  };
}

function moneyControl({ world, step }: ControlDesk) {
  return {
    /** Money into the operator's balance, available at once. */
    fund: (params: { amount: number; currency: string }) =>
      step('fund', params, () => addTopup(world, params, 0)),
    openDispute: (params: NewDispute) => step('openDispute', params, () => openDispute(world, params)),
    /** An inquiry becomes a dispute. */
    escalateDispute: (params: { dispute: string }) =>
      step('escalateDispute', params, () => escalateDispute(world, params.dispute)),
    resolveDispute: (params: { dispute: string; won: boolean }) =>
      step('resolveDispute', params, () => resolveDispute(world, params.dispute, params.won)),
    finishRefund: (params: { refund: string }) =>
      step('finishRefund', params, () => finishRefund(world, params.refund)),
    failRefund: (params: { refund: string; reason?: string }) =>
      step('failRefund', params, () => failRefund(world, params.refund, params.reason)),
    /** Decides a debit that is processing, now; with a failure code it fails. */
    decideDebit: (params: { charge: string; failure?: string }) =>
      step('decideDebit', params, () => decideDebit(world, params.charge, params.failure)),
    /** The bank returns a debit that has succeeded. */
    returnDebit: (params: { charge: string; code?: string }) =>
      step('returnDebit', params, () => returnDebit(world, params.charge, params.code)),
    /** Everything available of an account goes to its bank now. */
    payOut: (params: { account: string }) =>
      step('payOut', params, () => payOutEverything(world, params.account)),
    failPayout: (params: { payout: string; code?: string }) =>
      step('failPayout', params, () => failPayout(world, params.payout, params.code)),
  };
}

function peopleControl({ world, step }: ControlDesk) {
  return {
    /** The agency has answered everything that Stripe asks. */
    completeAccount: (params: { account: string }) =>
      step('completeAccount', params, () => completeAccount(world, params.account)),
    /** Stripe asks for more: `dueInDays` from now, or so that transfers stop at once. */
    restrictAccount: (params: Demand) =>
      step('restrictAccount', params, () => restrictAccount(world, params)),
    rejectAccount: (params: { account: string; reason?: string }) =>
      step('rejectAccount', params, () => rejectAccount(world, params.account, params.reason)),
    /** What the buyer does on the hosted page for a payment or setup intent. */
    authenticate: (params: { intent: string; succeeds: boolean }) =>
      step('authenticate', params, () => finish(world, params.intent, params.succeeds)),
    /** Has a saved method behave like another test method from now on. */
    setBehaviour: (params: { method: string; behaviour: string }) =>
      step('setBehaviour', params, () => setBehaviour(world, params.method, params.behaviour)),
    detachMethod: (params: { method: string }) =>
      step('detachMethod', params, () => detachMethod(world, methodOf(world, params.method))),
  };
}

/** The end of an authentication; a card that is declined after it leaves its intent failed. */
export function finish(world: World, intentId: string, succeeds: boolean): void {
  if (intentId.startsWith('seti_')) finishSetupAuthentication(world, intentId, succeeds);
  else finishAuthentication(world, intentId, succeeds);
}

/** Everything that a test, or the page, can do to the double beyond what Stripe's own API can. */
export function createControl(desk: ControlDesk) {
  return {
    ...clockControl(desk),
    ...faultControl(desk),
    ...logControl(desk),
    ...webhookControl(desk),
    ...moneyControl(desk),
    ...peopleControl(desk),
  };
}

export type Control = ReturnType<typeof createControl>;
