import { createSecretKey, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { LookUps } from './look-ups.js';
import { MasterKeys } from './master-key.js';
import type { PersonalData } from './person.js';
import { CannotOpen, open, seal, versionOf } from './seal.js';
import { openConsent, openNote, openPerson, sealConsent, sealNote, sealPerson } from './sealed-person.js';

const keyOf = (version: number) => ({ version, key: createSecretKey(randomBytes(32)) });
const place = { tenant: 'agency', subject: 'lead', column: 'person' };
const lead = { agencyId: 'agency', leadId: 'lead' };
const text = fc.option(fc.string({ unit: 'grapheme' }), { nil: null });
const anyPerson: fc.Arbitrary<PersonalData> = fc.record({
  contact: fc.record({
    email: text,
    phone: text,
    givenName: text,
    familyName: text,
    postalCode: text,
    country: text,
  }),
  attributes: fc.array(fc.record({ index: fc.nat(), key: fc.string(), value: fc.string() })),
});

describe('a sealed value', () => {
  it('opens to what it was, and hides it', () => {
    const key = keyOf(7);
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (content) => {
        const sealed = seal(key, place, content);
        expect(open(key, place, sealed).toString('utf8')).toBe(content);
        expect(sealed.length).toBe(Buffer.byteLength(content) + 30);
        expect(versionOf(sealed)).toBe(7);
        expect(seal(key, place, content).equals(sealed)).toBe(false);
        if (content.length > 3) expect(sealed.includes(content)).toBe(false);
      }),
    );
  });

  it.each([
    ['another tenant', { ...place, tenant: 'other' }],
    ['another lead', { ...place, subject: 'other' }],
    ['another column', { ...place, column: 'data key' }],
    ['a part moved from one name to the next', { ...place, tenant: 'agency\0lead', subject: '' }],
  ])('does not open for %s', (_what, elsewhere) => {
    const key = keyOf(1);
    expect(() => open(key, elsewhere, seal(key, place, 'secret'))).toThrow(CannotOpen);
  });

  it('does not open with another key, another version, or a byte changed', () => {
    const key = keyOf(1);
    const sealed = seal(key, place, 'secret');
    expect(() => open(keyOf(1), place, sealed)).toThrow(CannotOpen);
    expect(() => open({ ...key, version: 2 }, place, sealed)).toThrow(CannotOpen);
    for (let index = 0; index < sealed.length; index += 1) {
      const changed = Buffer.from(sealed);
      changed[index] = (changed[index] ?? 0) ^ 1;
      expect(() => open(key, place, changed)).toThrow(CannotOpen);
    }
    for (let length = 0; length < sealed.length; length += 1)
      expect(() => open(key, place, sealed.subarray(0, length))).toThrow(CannotOpen);
  });
});

describe('a sealed person', () => {
  it('opens to what it was, with the key that it was sealed by', () => {
    const [old, present] = [keyOf(1), keyOf(2)];
    fc.assert(
      fc.property(anyPerson, (personal) => {
        const before = sealPerson([old], lead, personal);
        const after = sealPerson([old, present], lead, personal);
        expect(openPerson([old, present], lead, before)).toEqual(personal);
        expect(openPerson([old, present], lead, after)).toEqual(personal);
        expect(() => openPerson([old], lead, after)).toThrow(CannotOpen);
      }),
    );
  });

  it('is of no other lead, and its data key opens no other person', () => {
    const keys = [keyOf(1)];
    const [personal] = fc.sample(anyPerson, 1);
    if (!personal) throw new Error('no sample');
    const [one, other] = [sealPerson(keys, lead, personal), sealPerson(keys, lead, personal)];
    expect(() => openPerson(keys, { ...lead, leadId: 'other' }, one)).toThrow(CannotOpen);
    expect(() => openPerson(keys, lead, { dataKey: one.dataKey, person: other.person })).toThrow(CannotOpen);
  });

  it('has its consent and notes beside it', () => {
    const keys = [keyOf(1)];
    const consent = { text: 'yes', capturedAt: new Date(0), ip: '192.0.2.1', certificateUrl: null };
    expect(openConsent(keys, lead, sealConsent(keys, lead, consent))).toEqual(consent);
    const none = { text: null, capturedAt: null, ip: null, certificateUrl: null };
    expect(openConsent(keys, lead, sealConsent(keys, lead, none))).toEqual(none);
    expect(openNote(keys, 'buyer', 'entry', sealNote(keys, 'buyer', 'entry', 'a note'))).toBe('a note');
    expect(() => openNote(keys, 'buyer', 'other', sealNote(keys, 'buyer', 'entry', 'a note'))).toThrow(
      CannotOpen,
    );
  });
});

describe('master keys', () => {
  const [old, present] = [randomBytes(32), randomBytes(32)];
  const of = { ownerId: 'agency', purpose: 'PERSON', version: 1 } as const;
  const key = randomBytes(32);

  it('unwrap what any of them wrapped, and wrap by the first', () => {
    const before = new MasterKeys([old]).wrap(of, key);
    const both = new MasterKeys([present, old]);
    expect(both.unwrap(before).equals(key)).toBe(true);
    const after = both.wrap(of, both.unwrap(before));
    expect(after.masterKeyId.equals(before.masterKeyId)).toBe(false);
    expect(new MasterKeys([present]).unwrap(after).equals(key)).toBe(true);
    expect(() => new MasterKeys([present]).unwrap(before)).toThrow(CannotOpen);
  });

  it('unwrap a key for its owner and purpose only', () => {
    const keys = new MasterKeys([present]);
    const wrapped = keys.wrap(of, key);
    for (const other of [{ ownerId: 'other' }, { purpose: 'CONSENT' as const }, { version: 2 }])
      expect(() => keys.unwrap({ ...wrapped, ...other })).toThrow(CannotOpen);
  });
});

describe('look-ups', () => {
  const pepper = randomBytes(32);
  const lookUps = new LookUps(pepper);

  it('are one for all spellings, and another for every pepper and kind', () => {
    const hashes = lookUps.ofPerson({ phone: '+12125550100;ext=7', email: 'A.Da+x@Gmail.com' });
    expect(lookUps.ofPerson({ phone: '+12125550100', email: 'ada@googlemail.com' })).toMatchObject({
      phone: hashes.phone,
      email: hashes.email,
    });
    const other = new LookUps(randomBytes(32)).ofPerson({ phone: '+12125550100', email: 'ada@gmail.com' });
    expect(new Set([...Object.values(hashes), ...Object.values(other)]).size).toBe(6);
    expect(hashes.phone).toMatch(/^[0-9a-f]{32}$/);
    expect(lookUps.ofPerson({ phone: null, email: null })).toEqual({
      phone: null,
      email: null,
      domain: null,
    });
  });

  it('stay bounded in memory and right beyond it', () => {
    const first = lookUps.ofDomain('first.example');
    for (let index = 0; index < 10_001; index += 1) lookUps.ofDomain(`d${index}.example`);
    expect(lookUps.ofDomain('FIRST.example')).toBe(first);
  });
});
