/** A guide as the requests in it: what a reader copies, and what the page says will come back. */

export interface Request {
  readonly line: number;
  readonly kind: 'curl' | 'graphql' | 'program';
  readonly text: string;
  /** Whose key a GraphQL request has; the guide's own side when it does not say. */
  readonly as: string | null;
  readonly answer: Answer | null;
}

interface Answer {
  readonly line: number;
  /** Of HTTP; GraphQL's is always 200 here. */
  readonly status: number;
  readonly body: unknown;
}

const kinds: Readonly<Record<string, Request['kind'] | undefined>> = {
  sh: 'curl',
  graphql: 'graphql',
  js: 'program',
};

/**
 * Every fenced block but `text` is run: `sh` is one call of curl, `graphql` one operation (`graphql buyer` as another side),
 * `js` a program that stays up, `json` (or `json 201`) the answer to the request before it.
 */
export function readGuide(markdown: string): Request[] {
  const requests: Request[] = [];
  for (const { line, info, text } of blocksOf(markdown)) {
    const [language = '', argument] = info.split(' ');
    if (language === 'text') continue;
    const kind = kinds[language];
    if (kind) {
      requests.push({ line, kind, text, as: argument ?? null, answer: null });
      continue;
    }
    const asked = requests.at(-1);
    if (language !== 'json' || !asked || asked.answer)
      throw new Error(`line ${line}: a block in ${info || 'no language'} that is the answer to nothing`);
    const answer = { line, status: Number(argument ?? 200), body: JSON.parse(text) as unknown };
    requests[requests.length - 1] = { ...asked, answer };
  }
  return requests;
}

interface Block {
  readonly line: number;
  readonly info: string;
  readonly text: string;
}

function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = [];
  const lines = markdown.split('\n');
  for (let at = 0; at < lines.length; at += 1) {
    const info = /^```(.*)$/.exec(lines[at] ?? '')?.[1];
    if (info === undefined) continue;
    const end = lines.indexOf('```', at + 1);
    if (end === -1) throw new Error(`line ${at + 1}: a block without an end`);
    blocks.push({ line: at + 1, info: info.trim(), text: lines.slice(at + 1, end).join('\n') });
    at = end;
  }
  return blocks;
}
