import fc from 'fast-check';
import { accountName, kindsInOrder, plainName } from './hledger-account.js';

it.each([
  ['Ads Ltd.', 'Ads Ltd.'],
  ['  Ads   Ltd ', 'Ads Ltd'],
  ['a:b', 'a b'],
  ['a  ; type:X', 'a type X'],
  ['a\n\n2026-01-01 forged', 'a 2026-01-01 forged'],
  ['(virtual) [balanced]', 'virtual balanced'],
  ['payee | note', 'payee note'],
  ['* cleared !', 'cleared'],
  ['= 5 USD @ 3', '5 USD 3'],
  ['Dächer & Söhne’s', 'Dächer & Söhne’s'],
  ['屋根', '屋根'],
  ['🏠', 'unnamed'],
  ['\u0301x', 'unnamed \u0301x'],
])('the name %j is %j', (name, plain) => {
  expect(plainName(name)).toBe(plain.normalize('NFC'));
});

it('a name has single blanks, and nothing that means something to hledger', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (any) => {
      expect(plainName(any)).toMatch(/^[^\s:;|()[\]{}"*!=@<>#%\p{Cc}]+( [^\s:;|()[\]{}"*!=@<>#%\p{Cc}]+)*$/u);
    }),
  );
});

it('two of the same name are two accounts', () => {
  const names = ['one', 'two'].map((id) =>
    accountName({ kind: 'held', book: { id, name: 'Ads' }, buyer: null }, (_, uuid) => uuid),
  );
  expect(names).toEqual(['liabilities:held:Ads one', 'liabilities:held:Ads two']);
});

it('each kind comes once in the chart', () => {
  expect(new Set(kindsInOrder).size).toBe(kindsInOrder.length);
});
