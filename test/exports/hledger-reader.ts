/**
 * Reads the part of hledger's journal format that exports use, as strictly as `hledger check --strict ordereddates
 * payees` does: so that the format is tested where there is no hledger. Throws with the line for whatever is wrong.
 */
export interface HledgerFile {
  /** Debits minus credits in units of the last digit, by account, then by commodity. */
  readonly balances: ReadonlyMap<string, ReadonlyMap<string, bigint>>;
  readonly transactions: readonly HledgerTransaction[];
  readonly assertions: number;
  /** The comment of the last line. */
  readonly end: string;
}

export interface HledgerTransaction {
  readonly date: string;
  readonly description: string;
  readonly tags: Readonly<Record<string, string>>;
}

interface Reading {
  readonly accounts: Set<string>;
  readonly payees: Set<string>;
  readonly tags: Set<string>;
  /** Digits after the point. */
  readonly commodities: Map<string, number>;
  readonly balances: Map<string, Map<string, bigint>>;
  readonly transactions: HledgerTransaction[];
  /** What the open transaction comes to, by commodity. */
  readonly open: Map<string, bigint>;
  assertions: number;
}

export function readHledger(text: string): HledgerFile {
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  const reading: Reading = {
    accounts: new Set(),
    payees: new Set(),
    tags: new Set(),
    commodities: new Map(),
    balances: new Map(),
    transactions: [],
    open: new Map(),
    assertions: 0,
  };
  const lines = text.slice(0, -1).split('\n');
  for (const [index, line] of lines.entries()) {
    try {
      readLine(line, reading);
    } catch (error) {
      throw new Error(`line ${index + 1}: ${error instanceof Error ? error.message : ''}\n${line}`, {
        cause: error,
      });
    }
  }
  close(reading);
  const { balances, transactions, assertions } = reading;
  return { balances, transactions, assertions, end: lines.at(-1) ?? '' };
}

function readLine(line: string, reading: Reading): void {
  if (/\p{Cc}/u.test(line)) throw new Error('a control character');
  if (line === '') return close(reading);
  if (line.startsWith(';')) return;
  if (line.startsWith('    ')) return readPosting(line.slice(4), reading);
  if (/^\d/.test(line)) return readHead(line, reading);
  readDirective(line, reading);
}

function readDirective(line: string, { accounts, payees, tags, commodities }: Reading): void {
  const [, word = '', rest = ''] = /^(\S+) (.*)$/.exec(line) ?? [];
  if (word === 'decimal-mark' && rest === '.') return;
  if (word === 'account')
    return void accounts.add(/^(\S+(?: \S+)*)(?: {2};.*)?$/.exec(rest)?.[1] ?? fail('no account'));
  if (word === 'payee') return void payees.add(rest);
  if (word === 'tag') return void tags.add(rest);
  const [, digits, commodity] = /^1000\.(0*) ([A-Z]{3})$/.exec(rest) ?? [];
  if (word !== 'commodity' || digits === undefined || commodity === undefined) fail('no directive');
  commodities.set(commodity, digits.length);
}

function readHead(line: string, reading: Reading): void {
  close(reading);
  const [, date, payee, note, comment = ''] =
    /^(\d{4}-\d{2}-\d{2}) ([^|;]+) \| ([^|;]+?)(?: {2}; (.*))?$/.exec(line) ?? [];
  if (date === undefined || payee === undefined) fail('no transaction');
  if (!reading.payees.has(payee)) fail('a payee that is not declared');
  if (date < (reading.transactions.at(-1)?.date ?? '')) fail('a date before the last one');
  const pairs = comment === '' ? [] : comment.split(', ').map((tag) => /^([a-z]+):([^,]*)$/.exec(tag) ?? []);
  for (const [, name = ''] of pairs) if (!reading.tags.has(name)) fail('a tag that is not declared');
  reading.transactions.push({
    date,
    description: `${payee} | ${note}`,
    tags: Object.fromEntries(pairs.map(([, name = '', value = '']) => [name, value])),
  });
}

function readPosting(text: string, reading: Reading): void {
  const { accounts, balances, open } = reading;
  const [, account, amount, commodity, asserted] =
    /^(\S+(?: \S+)*) {2}(-?[\d.]+) ([A-Z]{3})(?: = (-?[\d.]+) \3)?$/.exec(text) ?? [];
  if (account === undefined || amount === undefined || commodity === undefined) fail('no posting');
  if (!accounts.has(account)) fail('an account that is not declared');
  const units = unitsOf(amount, commodity, reading);
  open.set(commodity, (open.get(commodity) ?? 0n) + units);
  const held = balances.get(account) ?? new Map<string, bigint>();
  balances.set(account, held.set(commodity, (held.get(commodity) ?? 0n) + units));
  if (asserted === undefined) return;
  reading.assertions += 1;
  if (held.get(commodity) !== unitsOf(asserted, commodity, reading))
    fail('a balance that is not as asserted');
}

/** The amount in units of the last digit; it has exactly the digits of its commodity. */
function unitsOf(amount: string, commodity: string, { commodities }: Reading): bigint {
  const digits = commodities.get(commodity) ?? fail('a commodity that is not declared');
  if ((/\.(\d+)$/.exec(amount)?.[1] ?? '').length !== digits) fail('the wrong number of digits');
  return BigInt(amount.replace('.', ''));
}

function close({ open }: Reading): void {
  if ([...open.values()].some((units) => units !== 0n)) fail('a transaction that does not balance');
  open.clear();
}

function fail(what: string): never {
  throw new Error(what);
}
