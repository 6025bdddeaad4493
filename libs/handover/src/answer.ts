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
 * a 2xx without a verdict, since a refusal may have been cut off.
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
  const word = wordAt(json, rules.verdictPath)?.toLowerCase();
  const said = (words: readonly string[]) =>
    word !== undefined && words.some((each) => each.toLowerCase() === word);
  const verdict = said(rules.duplicate) ? 'DUPLICATE' : said(rules.rejected) ? 'REJECTED' : undefined;
  const reason = verdict || byStatus ? codeOf(wordAt(json, rules.reasonPath), personal) : null;
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
  const plain = plainOf(reason);
  const isPersonal = personal.some((text) =>
    [text, ...text.split(/[^\p{L}\p{N}]+/u)].some((part) => {
      const own = plainOf(part);
      return own.length >= 3 && plain.includes(own);
    }),
  );
  return isPersonal ? null : reason;
}

function plainOf(text: string): string {
  return text.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '');
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function wordAt(json: unknown, path: string): string | undefined {
  let value = json;
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[name];
  }
  if (typeof value === 'boolean' || typeof value === 'number') return String(value);
  return typeof value === 'string' && value.length <= 200 ? value.trim() : undefined;
}
