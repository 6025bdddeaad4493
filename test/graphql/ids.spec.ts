import fc from 'fast-check';
import {
  decodeAnyId,
  decodeId,
  encodeId,
  type IdPrefix,
  idPrefixes,
} from '../../apps/api/src/graphql/ids.js';

const prefixes = Object.values(idPrefixes) as IdPrefix[];
const uuids = fc.uuid({ version: 7 });
const anyPrefix = fc.constantFrom(...prefixes);

describe('ids', () => {
  test('a known one, digit by digit', () => {
    expect(encodeId('lead', '00000000-0000-0000-0000-000000000000')).toBe(`lead_${'0'.repeat(26)}`);
    expect(encodeId('lead', 'ffffffff-ffff-ffff-ffff-ffffffffffff')).toBe(`lead_7${'z'.repeat(25)}`);
    // The example of the ULID specification, as a UUID.
    expect(encodeId('ctr', '01563e3a-b5d3-d676-4c61-efb99302bd5b')).toBe('ctr_01arz3ndektsv4rrffq69g5fav');
  });

  test('prefixes are distinct, and each decodes to its kind', () => {
    expect(new Set(prefixes).size).toBe(prefixes.length);
    fc.assert(
      fc.property(anyPrefix, uuids, (prefix, uuid) => {
        const id = encodeId(prefix, uuid);
        expect(id).toMatch(/^[a-z]+_[0-9a-hjkmnp-tv-z]{26}$/);
        expect(decodeId(prefix, id)).toBe(uuid);
        const any = decodeAnyId(id);
        expect(any).toMatchObject({ prefix, uuid });
        expect(any && idPrefixes[any.kind]).toBe(prefix);
      }),
    );
  });

  test('order is kept', () => {
    fc.assert(
      fc.property(uuids, uuids, (a, b) => {
        expect(Math.sign(encodeId('lead', a).localeCompare(encodeId('lead', b), 'en'))).toBe(
          a < b ? -1 : a > b ? 1 : 0,
        );
      }),
    );
  });

  test('another kind, another spelling and garbage are undefined', () => {
    fc.assert(
      fc.property(anyPrefix, anyPrefix, uuids, (prefix, other, uuid) => {
        const id = encodeId(prefix, uuid);
        if (other !== prefix) expect(decodeId(other, id)).toBeUndefined();
        for (const spelling of [
          id.toUpperCase(),
          ` ${id}`,
          `${id} `,
          `${id}0`,
          id.slice(0, -1),
          id.replace('_', '-'),
          uuid,
          `${id}\n`,
        ]) {
          expect(decodeId(prefix, spelling)).toBeUndefined();
          expect(decodeAnyId(spelling)).toBeUndefined();
        }
      }),
    );
    expect(decodeId('lead', `lead_8${'0'.repeat(25)}`)).toBeUndefined(); // Would be 131 bits.
    for (const letter of 'ilou') expect(decodeId('lead', `lead_${letter.repeat(26)}`)).toBeUndefined();
    expect(decodeAnyId(`constructor_${'0'.repeat(26)}`)).toBeUndefined();
    expect(decodeAnyId('')).toBeUndefined();
  });

  test('whatever decodes encodes to the same text', () => {
    fc.assert(
      fc.property(
        anyPrefix,
        fc.string({
          minLength: 26,
          maxLength: 26,
          unit: fc.constantFrom(...'0123456789abcdefghijklmnopqrstuvwxyz'),
        }),
        (prefix, body) => {
          const uuid = decodeId(prefix, `${prefix}_${body}`);
          if (uuid) expect(encodeId(prefix, uuid)).toBe(`${prefix}_${body}`);
        },
      ),
    );
  });

  test('what is no UUID is a bug of ours', () => {
    expect(() => encodeId('lead', '0189')).toThrow(TypeError);
    expect(() => encodeId('lead', '01890000-0000-7000-8000-00000000000G')).toThrow(TypeError);
  });
});
