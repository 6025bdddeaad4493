import fc from 'fast-check';
import { canonicalEmailAddress, canonicalPhone, type Contact, readEmailAddress, readPhone } from '#persons';
import { countries } from '#verticals';
import { checkContact } from './check-contact.js';
import { postalCodeCountries, postalCodeShapes, readPostalCode } from './postal-code.js';

const nobody: Contact = {
  email: null,
  phone: null,
  givenName: null,
  familyName: null,
  postalCode: null,
  country: null,
};
/** Whatever a keyboard, a form and an attacker may put into a text. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.constantFrom('\0', '\ud800', '\udc00\ud800', 'İ@İ.İ', '+', '++', ';ext=', '+1;ext=', '＋', 'ΑΣ@ΑΣ.ΑΣ'),
  fc.stringMatching(/^[+0-9 ()./;extx#-]{0,40}$/),
);
const anyCountry = fc.option(fc.oneof(fc.constantFrom(...countries), fc.string({ maxLength: 3 })), {
  nil: null,
});

describe('a phone', () => {
  it.each([
    ['+1 555 010 0000', null, '+15550100000'],
    ['+12125550100', null, '+12125550100'],
    ['+1 (212) 555-0100 ext. 12', null, '+12125550100;ext=12'],
    ['(212) 555-0100', 'US', '+12125550100'],
    ['12125550100', 'US', '+12125550100'],
    ['011 52 55 1234 5678', 'US', '+525512345678'],
    ['030 1234567', 'DE', '+49301234567'],
    ['0049 151 12345678', 'DE', '+4915112345678'],
    ['+44 (0)20 7946 0000', null, '+442079460000'],
    ['020 7946 0000', 'GB', '+442079460000'],
    ['06 1234567', 'IT', '+39061234567'],
    ['+٩٧١٥٠١٢٣٤٥٦٧', null, '+971501234567'],
    ['＋１ ２１２ ５５５ ０１００', null, '+12125550100'],
    ['tel: 212 555 0100 (evening)', 'US', '+12125550100'],
    [' 555-0100 ', null, '555-0100'],
    ['0151 2345678', null, '0151 2345678'],
    // Antarctica has no plan of its own.
    ['555-0100', 'AQ', '555-0100'],
  ])('%s in %s is %s', (given, country, phone) => {
    expect(readPhone(given, country)).toEqual({ phone });
  });

  it.each([
    ['+1 212 555 010', null, 'IMPOSSIBLE'],
    ['+1 212 555 01000', null, 'IMPOSSIBLE'],
    ['+999 123 456 789', null, 'IMPOSSIBLE'],
    ['none', 'US', 'IMPOSSIBLE'],
    ['911', 'US', 'IMPOSSIBLE'],
    ['+1 212 555 0100 / +1 212 555 0199', null, 'IMPOSSIBLE'],
    ['none', null, 'NO_PHONE'],
    ['123', null, 'NO_PHONE'],
    ['<b>', null, 'NO_PHONE'],
  ])('%s in %s is %s', (given, country, problem) => {
    expect(readPhone(given, country)).toEqual({ problem });
  });

  it('of the North American plan is the same with and without the short way', () => {
    const number = fc.stringMatching(/^\+1[2-9][0-9]{9}$/);
    fc.assert(
      fc.property(number, (phone) => {
        // The space keeps it from the short way.
        expect(readPhone(phone.replace('+1', '+1 '), null)).toEqual(readPhone(phone, null));
      }),
    );
  });

  it('in normal form stays as it is, wherever it is read', () => {
    fc.assert(
      fc.property(anyText, anyCountry, anyCountry, (text, country, other) => {
        const { phone } = readPhone(text, country);
        if (phone === undefined) return;
        expect(readPhone(phone, country)).toEqual({ phone });
        if (phone.startsWith('+')) expect(readPhone(phone, other)).toEqual({ phone });
      }),
      { numRuns: 2_000 },
    );
  });

  it('has one canonical form however it is written', () => {
    const forms = ['+1 (212) 555-0100', '+12125550100 ext. 9', '212.555.0100'];
    const canonical = forms.map((form) => canonicalPhone(readPhone(form, 'US').phone ?? ''));
    expect(new Set(canonical)).toEqual(new Set(['+12125550100']));
    expect(canonicalPhone('555 - 0100')).toBe('5550100');
    // Digits of other scripts: full-width, Arabic, Devanagari.
    for (const form of ['５５５-０１００', '٥٥٥ ٠١٠٠', '५५५ ०१००'])
      expect(canonicalPhone(form)).toBe('5550100');
  });
});

describe('an e-mail address', () => {
  it.each([
    [' Ada.Lovelace@Example.COM ', 'Ada.Lovelace@example.com'],
    ['ada@localhost', 'ada@localhost'],
    ['"a"+b@müller.example', '"a"+b@müller.example'],
    ['ada', undefined],
    ['ada@', undefined],
    ['@example.com', undefined],
    ['a@b@c.example', undefined],
    ['a b@example.com', undefined],
    ['ada@example..com', undefined],
    ['ada@.example', undefined],
    ['ada@example.com.', undefined],
    ['a\u0007@example.com', undefined],
    // What nobody sees would make two of one.
    ['a\u200b@example.com', undefined],
    ['a@exam\u00adple.com', undefined],
    ['jose\u0301s@example.com', 'jos\u00e9s@example.com'],
  ])('%j is %j', (given, normal) => {
    expect(readEmailAddress(given)).toBe(normal);
  });

  it('of a domain with other letters is the same as in ASCII', () => {
    expect(canonicalEmailAddress('a@MÜLLER.example')).toBe(canonicalEmailAddress('a@xn--mller-kva.example'));
  });

  it('in normal form stays as it is, and so does its canonical form', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          anyText,
          fc.tuple(anyText, anyText).map((parts) => parts.join('@')),
          fc.emailAddress(),
        ),
        (text) => {
          const normal = readEmailAddress(text);
          if (normal === undefined) return;
          expect(readEmailAddress(normal)).toBe(normal);
          const canonical = canonicalEmailAddress(normal);
          expect(canonicalEmailAddress(canonical)).toBe(canonical);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['Ada+Offers@Example.com', 'ada@example.com'],
    ['a.d.a+x@googlemail.com', 'ada@gmail.com'],
    ['a.d.a@example.com', 'a.d.a@example.com'],
    ['+ada@example.com', '+ada@example.com'],
  ])('%s has the canonical form %s', (email, canonical) => {
    expect(canonicalEmailAddress(readEmailAddress(email) ?? '')).toBe(canonical);
  });
});

describe('a postal code', () => {
  it.each([
    ['US', '10001', '10001'],
    ['US', '100011234', '10001-1234'],
    ['US', '10001 1234', '10001-1234'],
    ['US', '10001–1234', '10001-1234'],
    ['CA', 'k1a0b1', 'K1A 0B1'],
    ['GB', 'sw1a1aa', 'SW1A 1AA'],
    ['GB', 'm1  1ae', 'M1 1AE'],
    ['GB', 'GIR0AA', 'GIR 0AA'],
    ['DE', 'D-10115', '10115'],
    ['CH', 'CH 8000', '8000'],
    ['NL', '1234ab', '1234 AB'],
    ['NL', 'NL-1234 AB', '1234 AB'],
    ['JP', '〒１００−０００１', undefined],
    ['JP', '１００-０００１', '100-0001'],
    ['PL', '00950', '00-950'],
    ['US', '1000', undefined],
    ['US', 'SW1A 1AA', undefined],
    ['GB', '10001', undefined],
    ['DE', '1011', undefined],
    ['IE', ' D02 AF30 ', 'D02 AF30'],
    [null, ' 10001x ', '10001x'],
  ])('of %s, %s, is %s', (country, given, normal) => {
    expect(readPostalCode(given, country)).toBe(normal);
  });

  it('of every country is a known one, written in every shape, and stays as it is', () => {
    for (const country of postalCodeCountries) {
      expect(countries).toContain(country);
      for (const shape of postalCodeShapes(country) ?? []) {
        const example = shape.replaceAll('9', '7').replaceAll('A', 'K');
        expect(readPostalCode(example.toLowerCase().replaceAll(/[ -]/g, ''), country)).toBe(example);
      }
    }
  });

  it('in normal form stays as it is', () => {
    fc.assert(
      fc.property(anyText, fc.constantFrom(...postalCodeCountries, 'IE', null), (text, country) => {
        const normal = readPostalCode(text, country);
        if (normal !== undefined) expect(readPostalCode(normal, country)).toBe(normal);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('a contact of whatever texts', () => {
  it('is brought into a form that stays, or refused at its fields without a word of it', () => {
    const field = fc.option(fc.oneof(anyText, fc.constant('ada@example.com'), fc.constant('+12125550177')), {
      nil: null,
    });
    const contact = fc.record({ ...mapOf(field), country: anyCountry });
    fc.assert(
      fc.property(contact, anyCountry, (given, defaultCountry) => {
        const { contact: normal, problems } = checkContact(given, defaultCountry);
        for (const { field: at, message } of problems) {
          expect(at[0]).toBe('contact');
          for (const text of Object.values(given)) {
            if (text !== null && text.length > 6)
              expect(message.toLowerCase()).not.toContain(text.toLowerCase());
          }
        }
        if (problems.length > 0) return;
        expect(checkContact(normal, defaultCountry)).toEqual({ contact: normal, problems: [] });
      }),
      { numRuns: 2_000 },
    );
  });

  function mapOf<T>(value: T): Record<keyof Contact, T> {
    const fields = Object.keys(nobody) as (keyof Contact)[];
    return Object.fromEntries(fields.map((name) => [name, value])) as Record<keyof Contact, T>;
  }
});
