import { decodeAnyId, encodeId, type IdPrefix, idPrefixes } from '../../../process/src/public-ids.js';

/** The word of a subject, and how ids of its kind are shown outside; a word that is missing here is shown as it is. */
const prefixes: Readonly<Record<string, IdPrefix>> = {
  ...idPrefixes,
  agency: idPrefixes.organization,
  buyer: idPrefixes.organization,
};
const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** What an operation is for, type:id, with the id as the rest of the API shows it. */
export function publicSubject(subject: string): string {
  const [word = '', id = ''] = split(subject);
  const prefix = Object.hasOwn(prefixes, word) ? prefixes[word] : undefined;
  return prefix !== undefined && uuidPattern.test(id) ? `${word}:${encodeId(prefix, id)}` : subject;
}

/** The subject as it is stored; undefined for a text that is none. */
export function storedSubject(text: string): string | undefined {
  if (!/^[a-z_]{1,40}:[\w-]{1,160}$/.test(text)) return undefined;
  const [word = '', id = ''] = split(text);
  const known = decodeAnyId(id);
  return known && known.prefix === prefixes[word] ? `${word}:${known.uuid}` : text;
}

function split(subject: string): readonly string[] {
  const at = subject.indexOf(':');
  return [subject.slice(0, at), subject.slice(at + 1)];
}
