/**
 * Bodies into plain values, strictly: text that is no UTF-8, no JSON or no form is refused as a whole, and a name that stands twice in one
 * object is found, where JSON.parse would keep the last value and nobody would know which was meant.
 */
import { isUtf8 } from 'node:buffer';

/** What a body says; undefined when it cannot be read. */
export function readJson(
  body: Buffer,
): { readonly value: unknown; readonly repeated: string[] | null } | undefined {
  if (!isUtf8(body)) return undefined;
  const text = body.toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  // Counting is cheap, so that the search is paid for by those alone who repeat a name.
  return { value, repeated: namesIn(text) === membersOf(value) ? null : repeatedName(text) };
}

/** Members of all objects as they are written. The text is JSON. */
function namesIn(text: string): number {
  let names = 0;
  for (let at = text.indexOf('"'); at !== -1;) {
    const end = endOfString(text, at);
    if (text.charCodeAt(afterSpace(text, end + 1)) === colon) names += 1;
    at = text.indexOf('"', end + 1);
  }
  return names;
}

/** Members of all objects as they were read. */
function membersOf(value: unknown): number {
  let members = 0;
  const open: unknown[] = [value];
  while (open.length > 0) {
    const at = open.pop();
    if (typeof at !== 'object' || at === null) continue;
    if (!Array.isArray(at)) members += Object.keys(at).length;
    for (const each of Object.values(at)) if (typeof each === 'object') open.push(each);
  }
  return members;
}

/** The path of the first name that stands twice in one object. */
function repeatedName(text: string): string[] | null {
  // Of each open object its names and the one it is at; of each open list the place it is at.
  const open: { readonly names: Set<string> | null; at: string | number }[] = [];
  const path = (): string[] => open.map(({ at }) => String(at));
  for (let at = 0; at < text.length; at += 1) {
    const sign = text.charAt(at);
    const inner = open.at(-1);
    if (sign === '{') open.push({ names: new Set(), at: '' });
    else if (sign === '[') open.push({ names: null, at: 0 });
    else if (sign === '}' || sign === ']') open.pop();
    else if (sign === ',' && typeof inner?.at === 'number') inner.at += 1;
    else if (sign === '"') {
      const end = endOfString(text, at);
      if (inner?.names && text.charCodeAt(afterSpace(text, end + 1)) === colon) {
        const name = JSON.parse(text.slice(at, end + 1)) as string;
        inner.at = name;
        if (inner.names.has(name)) return path();
        inner.names.add(name);
      }
      at = end;
    }
  }
  return null;
}

const colon = 58;
const backslash = 92;

function endOfString(text: string, start: number): number {
  let end = start;
  let backslashes = 1;
  while (backslashes % 2 === 1) {
    end = text.indexOf('"', end + 1);
    backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === backslash) backslashes += 1;
  }
  return end;
}

function afterSpace(text: string, start: number): number {
  let at = start;
  while (at < text.length && ' \t\n\r'.includes(text.charAt(at))) at += 1;
  return at;
}

/** The fields of an HTML form in their order; undefined when it cannot be read. */
export function readForm(body: Buffer): (readonly [string, string])[] | undefined {
  if (!isUtf8(body)) return undefined;
  const fields: (readonly [string, string])[] = [];
  try {
    for (const part of body.toString('utf8').split('&')) {
      if (part === '') continue;
      const middle = part.indexOf('=');
      const [name, value] = middle === -1 ? [part, ''] : [part.slice(0, middle), part.slice(middle + 1)];
      fields.push([decoded(name), decoded(value)]);
    }
  } catch {
    return undefined;
  }
  return fields;
}

function decoded(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '));
}
