/** The few options of curl that the guides use, so that their requests run without a shell. */

export interface CurlRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** Reads a command line. Throws for what this does not know, so that nothing in a guide is silently left out. */
export function readCurl(command: string, variables: ReadonlyMap<string, string>): CurlRequest {
  const [program, ...words] = wordsOf(command, variables);
  if (program !== 'curl') throw new Error(`not curl: ${program ?? ''}`);
  const headers: Record<string, string> = {};
  const data: string[] = [];
  let url: string | undefined;
  let type: string | undefined;
  const next = (option: string): string => {
    const value = words.shift();
    if (value === undefined) throw new Error(`${option} without a value`);
    return value;
  };
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === '-H') {
      const [, name = '', value = ''] = /^([^:]+): (.*)$/s.exec(next(word)) ?? [];
      headers[name.toLowerCase()] = value;
    } else if (word === '-d' || word === '--data-urlencode') {
      const text = next(word);
      data.push(word === '-d' ? text : encoded(text));
      type ??= 'application/x-www-form-urlencoded';
    } else if (word === '--json') {
      data.push(next(word));
      type = 'application/json';
    } else if (word.startsWith('-') || url !== undefined) throw new Error(`curl with ${word}`);
    else url = word;
  }
  if (url === undefined) throw new Error('curl without an address');
  const body = data.length > 0 ? data.join('&') : undefined;
  if (type !== undefined) headers['content-type'] ??= type;
  return { url, method: body === undefined ? 'GET' : 'POST', headers, body };
}

function encoded(text: string): string {
  const middle = text.indexOf('=');
  return `${text.slice(0, middle)}=${encodeURIComponent(text.slice(middle + 1))}`;
}

/** Words as a POSIX shell splits them: quotes, escaped line ends, and variables outside of single quotes. */
function wordsOf(command: string, variables: ReadonlyMap<string, string>): string[] {
  const valueOf = (name: string): string => {
    const value = variables.get(name);
    if (value === undefined) throw new Error(`$${name} is not known here`);
    return value;
  };
  const words: string[] = [];
  let word: string | undefined;
  const part = /'([^']*)'|"((?:[^"\\]|\\.)*)"|\\\n|(\s+)|([^\s'"\\]+)/gy;
  for (let at = 0; at < command.length; at = part.lastIndex) {
    part.lastIndex = at;
    const found = part.exec(command);
    if (!found) throw new Error(`not understood: ${command.slice(at, at + 20)}`);
    const [, single, double, space, bare] = found;
    if (space !== undefined) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (single !== undefined) word = (word ?? '') + single;
    else if (double !== undefined || bare !== undefined) {
      const text = (double ?? bare ?? '').replaceAll(/\\(["\\$])/g, '$1');
      word = (word ?? '') + text.replaceAll(/\$([A-Z_]+)/g, (_all, name: string) => valueOf(name));
    }
  }
  return word === undefined ? words : [...words, word];
}
