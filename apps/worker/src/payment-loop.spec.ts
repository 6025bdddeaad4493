import { SandboxClock } from '#calendar';
import { createLog } from '../../process/src/log.js';
import type { PaymentWork } from '../../process/src/payments.module.js';
import type { RunningLoop } from '#jobs';
import { startPaymentLoop } from './payment-loop.js';

const began = new Date('2026-05-04T12:00:00Z');
let loop: RunningLoop | undefined;

afterEach(async () => {
  await loop?.stop(5_000);
  loop = undefined;
});

function start(work: readonly PaymentWork[], counts = {}): { lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = [];
  loop = startPaymentLoop({
    clock: new SandboxClock({ now: () => began }),
    clockStore: { offsetMs: async () => 60_000 },
    work,
    queries: { unfinishedCounts: async () => counts },
    log: createLog('info', { write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) }),
  });
  return { lines };
}

/** Work that tells when it ran for the n-th time. */
function counted(
  name: string,
  times: number,
  run: (turn: number) => number | Promise<number>,
): { work: PaymentWork; ran: Promise<void>; turns: Date[] } {
  const turns: Date[] = [];
  let tell = (): void => undefined;
  const ran = new Promise<void>((resolve) => (tell = resolve));
  const work: PaymentWork = {
    name,
    run: async (now) => {
      turns.push(now);
      if (turns.length === times) tell();
      return await run(turns.length);
    },
  };
  return { work, ran, turns };
}

it('does the work in its order, at once again while there is some, by the clock of the sandbox', async () => {
  const order: string[] = [];
  const first = counted('first', 3, (turn) => (order.push('first'), turn < 3 ? 1 : 0));
  const second = counted('second', 3, () => (order.push('second'), 0));
  start([first.work, second.work]);
  // Where it rests between two turns, no more than the first of them is over by then.
  await new Promise(setImmediate);
  expect(order.slice(0, 6)).toEqual(['first', 'second', 'first', 'second', 'first', 'second']);
  expect(first.turns[0]).toEqual(new Date(began.getTime() + 60_000));
});

it('goes on with everything else when one kind of work fails, and tries that again later', async () => {
  const broken = counted('broken', 1, () => {
    throw new TypeError('a bug');
  });
  const sound = counted('sound', 5, () => 1);
  const { lines } = start([broken.work, sound.work]);
  await sound.ran;
  expect(broken.turns).toHaveLength(1);
  expect(lines.filter(({ level }) => level === 40)).toMatchObject([
    { msg: 'payment work failed and will be tried again', task: 'broken', attempt: 1 },
  ]);
});

it('asks the provider for movements once a minute', async () => {
  const mirror = counted('mirror-funds', 1, () => 5);
  const busy = counted('busy', 20, () => 1);
  start([mirror.work, busy.work]);
  await busy.ran;
  expect(mirror.turns).toHaveLength(1);
});

it('tells how far it has come while there is much to do', async () => {
  const busy = counted('busy', 2, () => 1);
  const { lines } = start([busy.work], { READY: 900, UNKNOWN: 2 });
  await busy.ran;
  await loop?.stop(5_000);
  expect(lines.filter(({ msg }) => msg === 'payments under way')).toMatchObject([
    { ready: 900, sending: 0, unknown: 2, stopped: 0 },
  ]);
});

it('prepares more payouts at once than are sent in one turn, so that what is left can be told', async () => {
  const limits: Record<string, number> = {};
  const note = (name: string): PaymentWork => ({
    name,
    run: async (_now, limit) => {
      limits[name] = limit;
      return 0;
    },
  });
  const last = counted('last', 1, () => 0);
  start([note('pay-agencies'), note('send-operations'), last.work]);
  await last.ran;
  expect(limits).toEqual({ 'pay-agencies': 500, 'send-operations': 40 });
});

it('is stopped after what is under way, begins nothing more, and is not waited for without end', async () => {
  let finish = (): void => undefined;
  let signalOf: AbortSignal | undefined;
  let begun = (): void => undefined;
  const isUnderWay = new Promise<void>((resolve) => (begun = resolve));
  const slow: PaymentWork = {
    name: 'slow',
    run: async (_now, _limit, signal) => {
      signalOf = signal;
      begun();
      await new Promise<void>((resolve) => (finish = resolve));
      return 1;
    },
  };
  const next = counted('next', 1, () => 1);
  start([slow, next.work]);
  await isUnderWay;
  await loop?.stop(1);
  expect(signalOf?.aborted).toBe(true);
  finish();
  await loop?.stop(5_000);
  expect(next.turns).toEqual([]);
});

it('is not there without work', async () => {
  start([]);
  await loop?.stop(0);
});
