/** The tests of one kill point: a run that is done once, a test for each cell of it, and one for the whole. */
import { type Cell, type CrashFindings, findOut, nameOf } from './crash-findings.js';
import { CrashRun, faults, type StagedOperation } from './crash-run.js';
import { operationKinds } from './kill-points.js';
import { type KeptStage, slotCount } from './stage.js';

export const runTimeoutMs = 480_000;

export interface CrashTold {
  readonly stage: () => KeptStage;
  /** Kills, brings all to its end, and gives the operations of the six slots. */
  readonly crash: (run: CrashRun) => Promise<readonly StagedOperation[]>;
  /** What becomes of each of them; an effect unless told. */
  readonly cell?: Cell;
  readonly whole?: (findings: CrashFindings) => void;
}

export async function crashOnce(stage: KeptStage, crash: CrashTold['crash']): Promise<CrashFindings> {
  const run = await CrashRun.open(stage);
  try {
    return await findOut(run, await crash(run));
  } finally {
    await run.close();
  }
}

/** Kills before `title`, and looks at every kind times every fault. */
export function describeCrash(title: string, told: CrashTold): void {
  describe(title, () => {
    let found: CrashFindings;
    beforeAll(async () => {
      found = await crashOnce(told.stage(), told.crash);
    }, runTimeoutMs);

    const names = operationKinds.flatMap((kind) => faults.map((fault) => nameOf(kind, fault)));
    it.each(names)('%s', (name) => {
      expect(found.cells.get(name)).toEqual(told.cell ?? { state: 'SUCCEEDED', effects: 1 });
    });

    it('leaves nothing open, and books that are those of Stripe', () => {
      expectSoundBooks(found);
      (told.whole ?? expectEverythingDone)(found);
    });
  });
}

export function expectSoundBooks({ whole, balances }: CrashFindings): void {
  expect({ ...whole, refusedOperations: [] }).toEqual({
    unfinishedOperations: [],
    refusedOperations: [],
    differences: [],
    unequalMovements: [],
    brokenRules: [],
    problemsAtStripe: [],
    errorsLogged: [],
    freezes: 0,
  });
  expect(balances.ledger).toEqual(balances.provider);
}

const each = (cents: number): readonly number[] => Array.from({ length: slotCount }, () => cents);

/** Everybody has what is theirs, once. */
export function expectEverythingDone({ whole, ends, paid }: CrashFindings): void {
  expect(whole.refusedOperations).toEqual([]);
  expect(ends).toMatchObject({
    // What was voided stays open, and who gave back has a new statement that gathers.
    settlements: { PAID: 6 * slotCount, COLLECTION_FAILED: slotCount, OPEN: slotCount },
    collections: { CANCELED: slotCount, FAILED: slotCount, SUCCEEDED: 4 * slotCount + 2 },
    transfer_reversals: { SUCCEEDED: slotCount },
    refunds: { SUCCEEDED: slotCount },
    payment_accounts: { ACTIVE: 3 * slotCount + 1 },
  });
  expect(Object.keys(ends['payouts'] ?? {})).toEqual(['SUCCEEDED']);
  expect(paid).toEqual([each(410_00), each(10_00), [4 * slotCount * 410_00]]);
}
