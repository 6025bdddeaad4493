/** The rest of the month after a crash, and what is found at its end. */
import type { OperationKind } from '#payments';
import type { CrashRun, Fault, StagedOperation } from './crash-run.js';
import { effectsOf, ledgerBalances, providerBalances, unequalMovements } from './findings.js';
import { Office } from './office.js';

/** What became of one operation: a cell of the matrix. */
export interface Cell {
  readonly state: string;
  readonly effects: number;
}

export interface CrashFindings {
  readonly cells: ReadonlyMap<string, Cell>;
  readonly whole: {
    readonly unfinishedOperations: readonly string[];
    readonly refusedOperations: readonly string[];
    readonly differences: readonly unknown[];
    readonly unequalMovements: readonly string[];
    readonly brokenRules: readonly string[];
    readonly problemsAtStripe: readonly string[];
    readonly errorsLogged: readonly string[];
    readonly freezes: number;
  };
  readonly balances: { readonly ledger: object; readonly provider: object };
  /** How many there are in each state. */
  readonly ends: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** What is in the agencies' accounts at Stripe, in cents: the six that were paid, the six that gave back, and the common one. */
  readonly paid: readonly (readonly number[])[];
}

export function nameOf(kind: OperationKind, fault: Fault): string {
  return `${kind} ${fault}`;
}

const dayMs = 24 * 3_600_000;

export async function findOut(run: CrashRun, staged: readonly StagedOperation[]): Promise<CrashFindings> {
  await run.killAll();
  const office = await Office.open({ ...run.environment, LEADGER_STRIPE_SANDBOX_URL: run.sandbox.url });
  try {
    await restOfTheMonth(run, office);
    return {
      cells: await cellsOf(run, staged),
      whole: await wholeOf(run, office),
      balances: {
        ledger: await ledgerBalances(run.gates),
        provider: providerBalances(run.sandbox.control),
      },
      ends: await endsOf(run),
      paid: await paidOf(run),
    };
  } finally {
    await office.close();
  }
}

/** Invoices are paid on their pages, accounts are completed, and holds end. */
async function restOfTheMonth(run: CrashRun, office: Office): Promise<void> {
  const { gates, sandbox } = run;
  await office.doWhatIsDue();
  const pages = await gates.query<{ url: string }>(
    `select hosted_url as url from collections where state = 'NEEDS_ACTION' and hosted_url is not null`,
  );
  for (const { url } of pages) {
    const { pathname } = new URL(url);
    const body = new URLSearchParams({ method: 'pm_card_visa', do: 'pay' });
    await fetch(`${sandbox.url}${pathname}`, { method: 'POST', body, redirect: 'manual' });
  }
  const accounts = await gates.query<{ id: string }>(
    `select provider_account_id as id from payment_accounts where state = 'ONBOARDING'`,
  );
  for (const { id } of accounts) sandbox.control.completeAccount({ account: id });
  for (let day = 0; day < 3; day += 1) {
    await run.pass(dayMs);
    await office.doWhatIsDue();
  }
}

async function cellsOf(
  run: CrashRun,
  staged: readonly StagedOperation[],
): Promise<ReadonlyMap<string, Cell>> {
  const rows = await run.gates.query<{ id: string; state: string }>(
    'select id, state from stripe_operations',
  );
  const states = new Map(rows.map(({ id, state }) => [id, state]));
  return new Map(
    staged.map((operation) => [
      nameOf(operation.kind, operation.fault),
      { state: states.get(operation.id) ?? 'gone', effects: effectsOf(run.sandbox.control, operation) },
    ]),
  );
}

async function wholeOf(run: CrashRun, office: Office): Promise<CrashFindings['whole']> {
  const { gates, sandbox } = run;
  const operations = await gates.query<{ kind: string; state: string; last_code: string | null }>(
    `select kind, state, last_code from stripe_operations where state <> 'SUCCEEDED' order by kind, state`,
  );
  const text = ({ kind, state, last_code: code }: (typeof operations)[number]): string =>
    `${kind} ${state} ${code}`;
  const differences = await office.differences();
  const [freezes] = await gates.query<{ count: number }>(
    'select count(*)::int as count from account_freezes where lifted_at is null',
  );
  return {
    unfinishedOperations: operations.filter(({ state }) => state !== 'REFUSED').map(text),
    refusedOperations: operations.filter(({ state }) => state === 'REFUSED').map(text),
    differences,
    unequalMovements: await unequalMovements(gates, sandbox.url),
    brokenRules: await office.brokenRules(),
    problemsAtStripe: sandbox.control.problems(),
    errorsLogged: run.processes.flatMap(({ lines }) =>
      lines.filter(({ level }) => level >= 50).map(({ msg }) => msg),
    ),
    freezes: freezes?.count ?? 0,
  };
}

async function endsOf(run: CrashRun): Promise<CrashFindings['ends']> {
  const ends: Record<string, Record<string, number>> = {};
  for (const table of [
    'settlements',
    'collections',
    'payouts',
    'transfer_reversals',
    'refunds',
    'payment_accounts',
  ]) {
    const rows = await run.gates.query<{ state: string; count: number }>(
      `select state, count(*)::int as count from ${table} group by 1 order by 1`,
    );
    ends[table] = Object.fromEntries(rows.map(({ state, count }) => [state, count]));
  }
  return ends;
}

async function paidOf({ stage, gates, sandbox }: CrashRun): Promise<CrashFindings['paid']> {
  const rows = await gates.query<{ agency: string; account: string }>(
    'select agency_id as agency, provider_account_id as account from payment_accounts',
  );
  const accounts = new Map(rows.map(({ agency, account }) => [agency, account]));
  const centsOf = ({ uuid }: { readonly uuid: string }): number => {
    const { usd } = sandbox.control.balances({ account: accounts.get(uuid) ?? '' });
    return usd ? usd.available + usd.pending : 0;
  };
  const { slots, agency } = stage;
  return [
    slots.map(({ paid }) => centsOf(paid)),
    slots.map(({ reversed }) => centsOf(reversed)),
    [centsOf(agency)],
  ];
}
