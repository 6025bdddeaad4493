import { type AddressPolicy, refusalOfAddress } from './address-policy.js';

/** Why a webhook is not sent to a URL. */
export type TargetRefusal =
  'NOT_A_URL' | 'NOT_HTTPS' | 'CREDENTIALS' | 'FRAGMENT' | 'PORT' | 'LOOPBACK' | 'NOT_PUBLIC' | 'UNRESOLVED';

/** What each refusal says to the person who gave the URL; none repeats it. */
export const targetRefusalMessages: Readonly<Record<TargetRefusal, string>> = {
  NOT_A_URL: 'Give a whole URL of at most 2,000 characters, such as https://hooks.example.com/leadger.',
  NOT_HTTPS: 'The URL must begin with https://.',
  CREDENTIALS: 'The URL must have no user name and no password: messages are signed instead.',
  FRAGMENT: 'The URL must have no fragment (#…): it would never be sent.',
  PORT: 'The port must be 443, or 1024 or higher.',
  LOOPBACK: 'The URL leads to this machine itself, where others cannot receive messages.',
  NOT_PUBLIC: 'The URL leads to an address that is not on the public internet.',
  UNRESOLVED: 'The host name of the URL cannot be resolved. Check it, or try again in a minute.',
};

/** A URL in its normal form, and its host: a name in lower case, or an address in its ordinary notation. */
export interface Target {
  readonly url: URL;
  readonly host: string;
  /** True when the host is an address and there is nothing to resolve. */
  readonly isAddress: boolean;
}

const longestUrl = 2_000;

/**
 * Reads a URL and checks all that can be known without DNS. The URL parser turns every notation of an address that a
 * program might connect to (decimal, octal, hexadecimal, short, full-width, with the dots of other scripts) into
 * the ordinary one before it is judged.
 */
export function readTarget(text: string, policy: AddressPolicy): Target | TargetRefusal {
  // Spaces and control characters, which the parser would drop, and a backslash, which it would turn, are not meant.
  if (text.length > longestUrl || !/^https?:\/\/[^\s\\\p{Cc}\p{Cs}]+$/iu.test(text)) return 'NOT_A_URL';
  const url = parsed(text);
  if (!url) return 'NOT_A_URL';
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
  if (url.username !== '' || url.password !== '' || /^https?:\/\/[^/?#]*@/i.test(text)) return 'CREDENTIALS';
  if (url.hash !== '' || text.includes('#')) return 'FRAGMENT';
  if (host === '') return 'NOT_A_URL';
  const isAddress = /^[\d.]+$/.test(host) || host.includes(':');
  const isLocal =
    isLocalName(host) || (isAddress && refusalOfAddress(host, { loopbackAllowed: false }) === 'LOOPBACK');
  if (isLocal && !policy.loopbackAllowed) return 'LOOPBACK';
  const refusal = isAddress ? refusalOfAddress(host, policy) : null;
  if (refusal !== null) return refusal;
  // To oneself nothing travels over a network: only there TLS may be left out.
  if (url.protocol !== 'https:' && !isLocal) return 'NOT_HTTPS';
  const port = url.port === '' ? null : Number(url.port);
  if (port !== null && port !== 443 && port < 1024 && !isLocal) return 'PORT';
  // A name without a dot belongs to the network that the worker happens to be in.
  if (!isAddress && !isLocal && !host.includes('.')) return 'NOT_PUBLIC';
  return { url, host, isAddress };
}

/** Not by URL.canParse: on Node 20, once it is compiled for speed, names with umlauts are none to it. */
function parsed(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}

/** Names that mean this machine (RFC 6761), whatever a server of names says. */
export function isLocalName(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost');
}
