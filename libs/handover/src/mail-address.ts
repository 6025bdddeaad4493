/**
 * One address that mail may be sent to: ASCII, no display name, no comment, no list, nothing that a mail server could read as
 * another header or recipient, at a domain and not at an address of a machine. Undefined for anything else. In lower case after the @.
 */
export function readEmail(given: string): string | undefined {
  const text = given.trim();
  if (text.length > 254) return undefined;
  const match = /^([A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64})@([A-Za-z0-9.-]{1,253})$/.exec(text);
  const [, local = '', domain = ''] = match ?? [];
  if (local.startsWith('.') || local.endsWith('.') || local.includes('..')) return undefined;
  const labels = domain.split('.');
  const isDomain =
    labels.length > 1 &&
    labels.every((label) => /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(label)) &&
    // 127.0.0.1 and its like: no domain ends with a number.
    !/^\d+$/.test(labels.at(-1) ?? '');
  return match && isDomain ? `${local}@${domain.toLowerCase()}` : undefined;
}
