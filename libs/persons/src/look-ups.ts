import { createHmac, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import { canonicalDomain, canonicalEmailAddress } from './email-address.js';
import { canonicalPhone } from './phone.js';

/** Keyed hashes of what one person can be reached by, as hex; null for what is not known. */
export interface PersonHashes {
  readonly phone: string | null;
  readonly email: string | null;
  /** Of the domain of the e-mail address: many people share one, so it finds nobody. */
  readonly domain: string | null;
}

/** Half of SHA-256, as RFC 2104 allows: two of ten billion people share one by chance once in 10^18 times. */
const hashBytes = 16;
const keptDomains = 10_000;
const keptTexts = 100;

/**
 * Keyed hashes for finding a person again. Whoever has the database and not the pepper cannot tell whether a phone is in it:
 * without a key, all phones of a country are hashed in minutes.
 */
export class LookUps {
  private readonly person: KeyObject;
  private readonly input: KeyObject;
  private readonly domains = new Map<string, string>();
  private readonly texts = new Map<string, string>();

  /** `pepper`: 32 bytes. */
  constructor(pepper: Buffer) {
    const part = (label: string) => createSecretKey(Buffer.from(hkdfSync('sha256', pepper, '', label, 32)));
    this.person = part('leadger person');
    this.input = part('leadger input');
  }

  /** Of a contact in its normal form. */
  ofPerson({ phone, email }: { readonly phone: string | null; readonly email: string | null }): PersonHashes {
    return {
      phone: phone === null ? null : this.hash(`phone:${canonicalPhone(phone)}`),
      email: email === null ? null : this.hash(`email:${canonicalEmailAddress(email)}`),
      domain: email === null ? null : this.ofDomain(email.slice(email.lastIndexOf('@') + 1)),
    };
  }

  /** Few domains have most of the people. */
  ofDomain(domain: string): string {
    const name = canonicalDomain(domain);
    const known = this.domains.get(name);
    if (known !== undefined) return known;
    const hash = this.hash(`domain:${name}`);
    if (this.domains.size >= keptDomains) this.domains.clear();
    this.domains.set(name, hash);
    return hash;
  }

  /** Of a whole submission, as hex: it tells whether the same was sent before, and nothing to who could guess it. */
  ofInput(text: string): string {
    return createHmac('sha256', this.input).update(text).digest('hex');
  }

  /** Of a text that many leads share, such as what they agreed to; hex. */
  ofText(text: string): string {
    const known = this.texts.get(text);
    if (known !== undefined) return known;
    const hash = this.ofInput(`text:${text}`);
    if (this.texts.size >= keptTexts) this.texts.clear();
    this.texts.set(text, hash);
    return hash;
  }

  private hash(text: string): string {
    return createHmac('sha256', this.person).update(text).digest().toString('hex', 0, hashBytes);
  }
}
