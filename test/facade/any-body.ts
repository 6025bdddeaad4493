/** Bodies of /v1 that may be anything, and are often a lead. */
import fc from 'fast-check';

/** What no answer may have in it. */
export const word = 'zq7';
export const marked = (text: string): string => `${word}${text}`;
/** Stands for the vertical, which is not known before there is an app. */
export const placeholder = 'VERTICAL';
export const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }).map(marked),
  fc.constantFrom(
    '\0',
    '\ud800',
    '',
    marked(''),
    '__proto__',
    "'; drop table leads; --",
    '9'.repeat(64),
    '2026-01-31T12:00:00Z',
  ),
);
/** Of a field: what looks like the name of one is named in the answer, so nothing here does. */
export const strangeName = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }).map((name) => `${word}@${name}`),
  fc.constantFrom('__proto__', 'constructor', '', '\0', 'a.b'),
);
export const anything = fc.oneof(
  { arbitrary: text, weight: 3 },
  { arbitrary: fc.jsonValue({ maxDepth: 3, stringUnit: 'binary' }), weight: 1 },
  { arbitrary: fc.constantFrom(null, true, 0, -1, 1e308, 2 ** 53, [], {}), weight: 1 },
);
export const mostly = (right: fc.Arbitrary<unknown>, weight = 12) =>
  fc.oneof({ arbitrary: right, weight }, { arbitrary: anything, weight: 1 });
const texts = (...names: readonly string[]) =>
  fc.record(
    Object.fromEntries(
      names.map((name) => [name, mostly(fc.string({ maxLength: 20 }).map((each) => `${word} ${each}`))]),
    ),
    { requiredKeys: [] },
  );
const contact = fc
  .nat()
  .map((number) => ({ email: `p${number}@example.com`, phone: `+1212${5_550_000 + (number % 9_999)}` }));
const lead = fc.record(
  {
    externalId: mostly(fc.uuid()),
    vertical: mostly(fc.constant(placeholder), 20),
    contact: mostly(fc.oneof(contact, texts('email', 'phone', 'givenName', 'postalCode', 'country'))),
    test: mostly(fc.boolean()),
    attributes: mostly(
      fc.oneof(
        fc.array(fc.record({ key: text, value: text }), { maxLength: 4 }),
        fc.dictionary(strangeName, text),
      ),
    ),
    source: mostly(texts('channel', 'campaign', 'subId')),
    consent: mostly(texts('text', 'ip', 'certificateUrl')),
    score: mostly(fc.integer({ min: 0, max: 100 })),
  },
  { requiredKeys: ['externalId', 'vertical', 'contact'] },
);
const more = fc.dictionary(fc.oneof(strangeName, fc.constant('contractId')), anything, {
  minKeys: 1,
  maxKeys: 2,
});
export const sent = fc.oneof(
  { arbitrary: lead, weight: 12 },
  { arbitrary: fc.tuple(lead, more).map(([each, others]) => ({ ...each, ...others })), weight: 2 },
  anything,
);
