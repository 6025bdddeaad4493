/** What a buyer's system says to a lead. */
export const verdicts = ['ACCEPTED', 'REJECTED', 'DUPLICATE'] as const;
export type Verdict = (typeof verdicts)[number];

/** How an answer is read: where in its JSON the verdict and the reason stand, and the words for a refusal. */
export interface AnswerRules {
  /** Names with dots between them. */
  readonly verdictPath: string;
  readonly reasonPath: string;
  /** Compared without regard to case; true, false and numbers as their text. */
  readonly rejected: readonly string[];
  readonly duplicate: readonly string[];
}

export const defaultAnswerRules: AnswerRules = {
  verdictPath: 'status',
  reasonPath: 'reason',
  rejected: ['rejected'],
  duplicate: ['duplicate'],
};

export interface JudgedAnswer {
  /** Null: it did not say. */
  readonly verdict: Verdict | null;
  readonly reason: string | null;
}

/** Statuses by which a receiver speaks of the lead and not of itself. */
const refusing: ReadonlyMap<number, Verdict> = new Map([
  [400, 'REJECTED'],
  [409, 'DUPLICATE'],
  [422, 'REJECTED'],
]);

/**
 * Any 2xx takes the lead unless its JSON says otherwise; 400 and 422 refuse it and 409 knows it already, whatever their
 * bodies say. Every other status says nothing about the lead. `text` is the whole answer; null, when it broke off, leaves
 * a 2xx without a verdict, since a refusal may have been cut off; so does a body that is meant as JSON and cannot be read.
 */
export function judgeAnswer(
  rules: AnswerRules,
  { status, text }: { readonly status: number; readonly text: string | null },
  personal: readonly string[],
): JudgedAnswer {
  const isTaken = status >= 200 && status < 300;
  const byStatus = refusing.get(status);
  if (!isTaken && !byStatus) return { verdict: null, reason: null };
  if (isTaken && text === null) return { verdict: null, reason: null };
  const json = readJson(text ?? '');
  const found = json === unreadable ? unreadable : wordAt(json, rules.verdictPath);
  if (isTaken && found === unreadable) return { verdict: null, reason: null };
  const word = found === unreadable ? undefined : found?.toLowerCase();
  const said = (words: readonly string[]) =>
    word !== undefined && words.some((each) => each.toLowerCase() === word);
  const verdict = said(rules.duplicate) ? 'DUPLICATE' : said(rules.rejected) ? 'REJECTED' : undefined;
  const told = verdict || byStatus ? wordAt(json, rules.reasonPath) : undefined;
  const reason = told === unreadable ? null : codeOf(told, personal);
  return { verdict: verdict ?? byStatus ?? 'ACCEPTED', reason };
}

/**
 * A reason as it may be kept: a word that looks like a code, and has nothing of the person's in it. A receiver may well say
 * "ada@example.com is known to us".
 */
export function codeOf(reason: string | undefined, personal: readonly string[]): string | null {
  if (reason === undefined || !/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/.test(reason)) return null;
  // Longer numbers are of somebody: a phone, an account.
  if (/\d{5}/.test(reason)) return null;
  const plain = foldsOf(reason);
  const tokens = new Set(tokensOf(reason).flatMap(foldsOf));
  const isPersonal = personal.some((text) =>
    [text, ...text.split(/[^\p{L}\p{M}\p{N}]+/u)].flatMap(foldsOf).some((own) => {
      // Two letters stand in many a word: they are somebody's name only where they stand alone.
      if (own.length < 3) return /\p{L}/u.test(own) && tokens.has(own);
      return plain.some((each) => each.includes(own));
    }),
  );
  return isPersonal ? null : reason;
}

/** `NG_KNOWN`, `NgKnown` and `ng1` begin with the same token. */
function tokensOf(reason: string): string[] {
  return reason
    .replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ')
    .replaceAll(/(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])/g, ' ')
    .split(/[^A-Za-z0-9]+/)
    .filter((token) => token !== '');
}

/** Letters that have no mark to take off. */
const plainLetters: Readonly<Record<string, string>> = {
  ...{ ß: 'ss', ø: 'o', æ: 'ae', œ: 'oe', ł: 'l', đ: 'd', ð: 'd', þ: 'th', ı: 'i', ħ: 'h' },
};
/** How letters are written where they cannot be. */
const writtenOut: Readonly<Record<string, string>> = {
  ...{ ä: 'ae', ö: 'oe', ü: 'ue', ø: 'oe', å: 'aa', æ: 'ae', ß: 'ss' },
};

/** A text as others may spell it, without case, marks and what stands between letters and digits. */
function foldsOf(text: string): string[] {
  const lower = text.normalize('NFKC').toLowerCase();
  const written = [...lower].map((each) => writtenOut[each] ?? each).join('');
  return [...new Set([plainOf(lower), plainOf(written)])];
}

function plainOf(lower: string): string {
  const bare = lower.normalize('NFKD').replaceAll(/\p{M}/gu, '');
  return [...bare]
    .map((each) => plainLetters[each] ?? each)
    .join('')
    .replaceAll(/[^\p{L}\p{N}]/gu, '');
}

/** What was meant as JSON and does not say what it means. */
const unreadable = Symbol('unreadable');

/** Undefined for a text that is not meant as JSON. Trimming takes a byte order mark off as well. */
function readJson(text: string): unknown {
  const body = text.trim();
  if (!/^[{["]/.test(body)) return undefined;
  try {
    const json: unknown = JSON.parse(body);
    return typeof json === 'object' ? json : unreadable;
  } catch {
    return unreadable;
  }
}

/** Undefined where nothing is said: no such name, or null. */
function wordAt(json: unknown, path: string): string | typeof unreadable | undefined {
  let value = json;
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null) return undefined;
    if (!Object.hasOwn(value, name)) return Array.isArray(value) ? unreadable : undefined;
    value = (value as Readonly<Record<string, unknown>>)[name];
  }
  if (value === null || value === undefined) return undefined;
  if (typeof value === 'boolean' || typeof value === 'number') return String(value);
  return typeof value === 'string' && value.length <= 200 ? value.trim() : unreadable;
}
