import fc from 'fast-check';
import {
  apiKeyFrom,
  apiKeyPattern,
  apiKeyRandomBytes,
  equalBytes,
  formatApiKey,
  hashSecret,
  parseApiKey,
} from './api-key.js';

const bytes = fc.uint8Array({ minLength: apiKeyRandomBytes, maxLength: apiKeyRandomBytes });
const parts = fc
  .tuple(fc.constantFrom('live' as const, 'test' as const), bytes)
  .map(([mode, random]) => apiKeyFrom(mode, random));

describe('API keys', () => {
  it('look like ldg_live_{12}_{32 + 7}', () => {
    const key = formatApiKey(apiKeyFrom('live', new Uint8Array(apiKeyRandomBytes).fill(7)));
    expect(key).toMatch(/^ldg_live_7{12}_7{32}[0-9a-z]{7}$/);
    expect(key).toHaveLength(9 + 12 + 1 + 32 + 7);
  });

  it('come back from parsing as they went into formatting', () => {
    fc.assert(fc.property(parts, (key) => expect(parseApiKey(formatApiKey(key))).toEqual(key)));
  });

  it('are found in any text', () => {
    fc.assert(
      fc.property(parts, fc.string(), fc.string(), (key, before, after) => {
        const text = formatApiKey(key);
        expect(apiKeyPattern.exec(`${before} ${text} ${after}`)?.[0]).toHaveLength(text.length);
      }),
    );
  });

  it('are refused when any one character is another one', () => {
    fc.assert(
      fc.property(
        parts,
        fc.nat(60),
        fc.constantFrom(...'0123456789abcdefghjkmnpqrstvwxyz_OIlu-'),
        (key, at, other) => {
          const text = formatApiKey(key);
          fc.pre(text[at] !== other);
          expect(parseApiKey(text.slice(0, at) + other + text.slice(at + 1))).toBeUndefined();
        },
      ),
    );
  });

  it('are refused when two neighbours are swapped, when cut off and when continued', () => {
    fc.assert(
      fc.property(parts, fc.nat(59), (key, at) => {
        const text = formatApiKey(key);
        const [first = '', second = ''] = [text[at], text[at + 1]];
        if (first !== second) {
          expect(parseApiKey(text.slice(0, at) + second + first + text.slice(at + 2))).toBeUndefined();
        }
        expect(parseApiKey(text.slice(0, at))).toBeUndefined();
        expect(parseApiKey(`${text}0`)).toBeUndefined();
        expect(parseApiKey(` ${text}`)).toBeUndefined();
        expect(parseApiKey(`${text}\n`)).toBeUndefined();
      }),
    );
  });

  it('never make the parser throw', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void parseApiKey(text)));
  });

  it('differ in every part when the random bytes differ', () => {
    const random = fc.uint8Array({ minLength: apiKeyRandomBytes, maxLength: apiKeyRandomBytes, max: 31 });
    fc.assert(
      fc.property(random, random, (one, other) => {
        const equal = one.every((byte, index) => byte === other[index]);
        expect(formatApiKey(apiKeyFrom('live', one)) === formatApiKey(apiKeyFrom('live', other))).toBe(equal);
      }),
    );
    expect(() => apiKeyFrom('live', new Uint8Array(3))).toThrow(RangeError);
  });
});

describe('secrets', () => {
  it('are stored as 32 bytes that only the same secret has', () => {
    fc.assert(
      fc.property(parts, parts, ({ secret }, { secret: other }) => {
        expect(hashSecret(secret)).toHaveLength(32);
        expect(equalBytes(hashSecret(secret), hashSecret(other))).toBe(secret === other);
      }),
    );
  });

  it('of different length are different', () => {
    expect(equalBytes(Buffer.from('a'), Buffer.from('ab'))).toBe(false);
  });
});
