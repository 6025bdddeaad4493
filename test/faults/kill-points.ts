/** The five moments at which everything that runs is killed, and what goes wrong besides. */
import type { OperationKind } from '#payments';
import { type CrashRun, type Fault, type Rule, type StagedOperation, waveSize } from './crash-run.js';
import { until } from './gates.js';
import { Office } from './office.js';
import { personsActs, resumeSql, slotCount, stopSql } from './stage.js';

export const operationKinds = [
  'BUYER_CREATE',
  'ACCOUNT_CREATE',
  'PAYMENT',
  'INVOICE',
  'PAYMENT_CANCEL',
  'INVOICE_VOID',
  'TRANSFER',
  'TRANSFER_REVERSAL',
  'REFUND',
] as const satisfies readonly OperationKind[];

type Rules = Readonly<Partial<Record<Fault, Rule>>>;

const lost: Rule = { kind: 'reset_after', count: 2 };
const cut: Rule = { kind: 'cut_body' };
const limited: Rule = { kind: 'rate_limited' };
const failed: Rule = { kind: 'error_after' };
const replayed: Rule = { kind: 'error_after_stored' };

/** Before the commit that writes an operation: each kind in its turn, whoever writes it. */
export async function beforeCommit(run: CrashRun): Promise<readonly StagedOperation[]> {
  const { gates } = run;
  await gates.sendNothing(true);
  for (const kind of operationKinds) await gates.letPass(kind, 0);
  await killPeople(run);
  // How often the worker is killed for each: a buyer is billed in a transaction of its own, the others are written at once.
  const left = new Map<OperationKind, number>([
    ...(['PAYMENT', 'INVOICE', 'BUYER_CREATE'] as const).map((kind) => [kind, slotCount] as const),
    ...(['PAYMENT_CANCEL', 'TRANSFER_REVERSAL', 'TRANSFER'] as const).map((kind) => [kind, 1] as const),
  ]);
  while (left.size > 0) {
    await gates.endLeases();
    await run.startWorkers();
    const kind = await untilSomethingWaits(run);
    const before = await countOf(run, kind);
    await run.killAll();
    if ((await countOf(run, kind)) !== before)
      throw new Error(`${kind} was written by a process that was killed`);
    const kills = (left.get(kind) ?? 0) - 1;
    if (kills > 0) left.set(kind, kills);
    else left.delete(kind);
    await gates.letPass(kind, kills > 0 ? 1 : 1_000);
  }
  await gates.openAll();
  await gates.endLeases();
  // An agency whose turn it was when the worker was killed has its next in some minutes.
  await run.pass(15 * 60_000);
  await run.startWorkers();
  return await untilAllAreWritten(run);
}

/** After the commit that writes an operation, before anything is sent. */
export async function beforeSend(run: CrashRun): Promise<readonly StagedOperation[]> {
  const { gates } = run;
  await gates.sendNothing(true);
  const office = await Office.open(run.environment);
  await gates.query(stopSql);
  for (const act of personsActs(run.stage)) await office.act(act);
  await gates.query(resumeSql);
  await office.close();
  await run.startWorkers();
  return await untilAllAreWritten(run);
}

/** What both have in common: nothing was sent until now, and what is sent goes wrong. */
export async function sendAtLast(run: CrashRun, staged: readonly StagedOperation[]): Promise<void> {
  const { gates } = run;
  const pruned = idsOf(staged, 'pruned');
  run.meet(staged, { lost, cut, limited, failed, replayed, pruned: cut });
  await gates.holdAt('RETRY', pruned);
  await gates.sendNothing(false);
  await run.startWorkers();
  await run.drain({ except: pruned });
  await until(
    async () => (await statesOf(run, pruned)).every((state) => state === 'UNKNOWN'),
    'all were cut',
  );
  await run.forgetKeys();
  await gates.openAll();
  await gates.sendNothing(false);
  await run.startWorkers();
  await run.drain();
}

/** After the bytes went out, before Stripe acts: it acts when nobody is there, or it never sees them. */
export async function beforeStripeActs(run: CrashRun, staged: readonly StagedOperation[]): Promise<void> {
  const neverArrive = new Set(
    staged.filter(({ fault }) => fault === 'failed' || fault === 'replayed').map(keyOf),
  );
  const keys = new Set(staged.map(keyOf));
  await inWaves(run, staged, async (wave) => {
    run.wire.hold('BEFORE', (key) => keys.has(key));
    await startWave(run, wave);
    await until(() => run.wire.heldKeys().length === wave.length, 'every request went out');
    await run.killAll();
    await run.wire.release((key) => !neverArrive.has(key));
  });
  await recover(run, staged, { lost, cut, limited, failed, replayed });
}

/** After Stripe has acted, before its answer. */
export async function beforeTheAnswer(run: CrashRun, staged: readonly StagedOperation[]): Promise<void> {
  const first: Rules = { failed, replayed };
  // An invoice is several requests: here it is left half made, where its first request goes well.
  const keys = new Set(
    staged.map(({ kind, key, fault }) => (kind === 'INVOICE' && !first[fault] ? `${key}:finalize` : key)),
  );
  run.meet(staged, first);
  await inWaves(run, staged, async (wave) => {
    run.wire.hold('AFTER', (key) => keys.has(key));
    await startWave(run, wave);
    await until(() => run.wire.heldKeys().length === wave.length, 'Stripe has acted on all');
    await run.killAll();
    await run.wire.release();
  });
  await recover(run, staged, { lost, cut, limited, failed: { kind: 'error_before' } });
}

/** After the answer, whatever it says, before the write. */
export async function beforeTheWrite(run: CrashRun, staged: readonly StagedOperation[]): Promise<void> {
  const { gates } = run;
  run.meet(staged, { lost, cut, limited, failed, replayed });
  await gates.holdAt(
    'WRITE',
    staged.map(({ id }) => id),
  );
  await inWaves(run, staged, async (wave) => {
    await startWave(run, wave);
    await until(
      async () => (await gates.waiting()).length === wave.length,
      'every answer waits to be written',
    );
    await run.killAll();
  });
  await gates.openAll();
  await recover(run, staged, {});
}

/** The bytes went out and were lost for ever, and a day went by: nobody can send them again under their keys. */
export async function neverArrived(run: CrashRun, staged: readonly StagedOperation[]): Promise<void> {
  const keys = new Set(staged.map(keyOf));
  await inWaves(run, staged, async (wave) => {
    run.wire.hold('BEFORE', (key) => keys.has(key));
    await startWave(run, wave);
    await until(() => run.wire.heldKeys().length === wave.length, 'every request went out');
    await run.killAll();
    await run.wire.release(() => false);
  });
  await run.forgetKeys();
  await run.startWorkers();
  await run.drain();
}

/**
 * Nobody is killed: answers take longer than leases, so that other workers take over and end everything; then the first
 * ones get their answers, one of which says that nothing was done.
 */
export async function cameTooLate(run: CrashRun, staged: readonly StagedOperation[]): Promise<void> {
  const slow = staged.filter(({ fault }) => fault === 'lost' || fault === 'limited');
  const keys = new Set(slow.map(keyOf));
  const others = await Office.open(run.environment);
  run.meet(slow, { limited });
  run.wire.hold('AFTER', (key) => keys.has(key));
  await run.gates.park(staged.map(({ id }) => id));
  await startWave(run, slow);
  await until(() => run.wire.heldKeys().length === slow.length, 'every answer is waited for');
  const answer = run.wire.keepHeld();
  await run.gates.endLeases();
  await run.gates.unpark(staged.map(({ id }) => id));
  await run.drain({ work: () => others.send() });
  await answer();
  const late = 'an answer came too late: another worker has taken over';
  await until(() => run.told(late) === slow.length / 2, 'every answer that says something was too late');
  await others.close();
}

/** Nobody is killed: no answer comes, until the process itself gives up. */
export async function timedOut(run: CrashRun, staged: readonly StagedOperation[]): Promise<void> {
  const slow = staged.filter(({ fault }) => fault === 'lost');
  run.meet(slow, { lost: { kind: 'timeout_after' } });
  // One that is waited for holds a worker up to the end of its round, and there is another.
  await run.startWorkers(2);
  await run.drain();
}

/** A new worker brings all to its end: what the next requests meet is `rules`; those with a key that is forgotten come last. */
async function recover(run: CrashRun, staged: readonly StagedOperation[], rules: Rules): Promise<void> {
  const { gates } = run;
  const pruned = idsOf(staged, 'pruned');
  run.meet(staged, rules);
  await gates.endLeases(pruned);
  await run.startWorkers();
  await run.drain({ except: pruned });
  await run.forgetKeys();
  await run.startWorkers();
  await run.drain();
}

/** As many at once as can be, and those that were under way when all was killed stay as they were left. */
async function inWaves(
  run: CrashRun,
  staged: readonly StagedOperation[],
  kill: (wave: readonly StagedOperation[]) => Promise<void>,
): Promise<void> {
  await run.gates.park(staged.map(({ id }) => id));
  for (let from = 0; from < staged.length; from += waveSize) {
    await kill(staged.slice(from, from + waveSize));
    await run.gates.keepLeases();
  }
}

/** None of it is due until every worker is there. */
async function startWave(run: CrashRun, wave: readonly StagedOperation[]): Promise<void> {
  await run.startWorkers();
  await run.gates.unpark(wave.map(({ id }) => id));
}

/** People act in a process that is killed before anything of it is committed; then they do the same again. */
async function killPeople(run: CrashRun): Promise<void> {
  const { gates } = run;
  const acts = personsActs(run.stage);
  const people = await run.startActs();
  await gates.query(stopSql);
  for (const act of acts) people.tell(act);
  const theirs = ['REFUND', 'INVOICE_VOID', 'ACCOUNT_CREATE'] as const;
  await until(async () => {
    const waiting = await gates.waiting();
    return theirs.every((kind) => waiting.includes(kind));
  }, 'what people did waits to be committed');
  await run.killAll();
  for (const kind of theirs) {
    if ((await run.staged()).some((each) => each.kind === kind))
      throw new Error(`${kind} was written all the same`);
    await gates.letPass(kind, 1_000);
  }
  const office = await Office.open(run.environment);
  for (const act of acts) await office.act(act);
  await office.close();
  await gates.query(resumeSql);
}

async function untilSomethingWaits(run: CrashRun): Promise<OperationKind> {
  let found: OperationKind | undefined;
  await until(async () => {
    const waiting = await run.gates.waiting();
    const [kind] = waiting;
    if (kind === undefined || kind === 'END') return false;
    // Cancellations are written by as many answers as there are.
    if (kind !== 'PAYMENT_CANCEL' || waiting.length === slotCount) found = kind;
    return found !== undefined;
  }, 'a commit waits');
  if (found === undefined) throw new Error('nothing waits');
  return found;
}

async function untilAllAreWritten(run: CrashRun): Promise<readonly StagedOperation[]> {
  const wanted = slotCount * operationKinds.length;
  let staged: readonly StagedOperation[] = [];
  await until(async () => {
    staged = await run.staged();
    return staged.length === wanted;
  }, 'everything is written');
  await run.killAll();
  return staged;
}

async function countOf(run: CrashRun, kind: OperationKind): Promise<number> {
  const [row] = await run.gates.query<{ count: number }>(
    'select count(*)::int as count from stripe_operations where kind = $1',
    [kind],
  );
  return row?.count ?? 0;
}

async function statesOf(run: CrashRun, ids: readonly string[]): Promise<readonly string[]> {
  const rows = await run.gates.query<{ state: string }>(
    'select state from stripe_operations where id = any ($1::uuid[])',
    [ids],
  );
  return rows.map(({ state }) => state);
}

function idsOf(staged: readonly StagedOperation[], fault: Fault): readonly string[] {
  return staged.filter((each) => each.fault === fault).map(({ id }) => id);
}

function keyOf({ key }: StagedOperation): string {
  return key;
}
