import fc from 'fast-check';
import { amount, csvHeader, csvRows, inertText, text } from './csv.js';

interface Row {
  readonly name: string | null;
  readonly sum: string;
}

const columns = [text<Row>('name', ({ name }) => name), amount<Row>('sum', ({ sum }) => sum)];
const rowOf = (name: string | null, sum = '1.00'): string => csvRows(columns, [{ name, sum }]);

it('writes rows by RFC 4180', () => {
  expect(csvHeader(columns)).toBe('name,sum\r\n');
  expect(rowOf('Ads')).toBe('Ads,1.00\r\n');
  expect(rowOf(null)).toBe(',1.00\r\n');
  expect(rowOf('')).toBe(',1.00\r\n');
  expect(rowOf('a, "b"')).toBe('"a, ""b""",1.00\r\n');
  expect(rowOf('one\ntwo')).toBe('"one\ntwo",1.00\r\n');
  expect(rowOf('one\rtwo')).toBe('"one\rtwo",1.00\r\n');
  expect(rowOf('Dächer 🏠')).toBe('Dächer 🏠,1.00\r\n');
  expect(csvRows(columns, [])).toBe('');
});

it.each([
  '=1+1',
  '+1',
  '-1',
  '@SUM(A1)',
  '\t=1',
  '\r=1',
  '\n1',
  ' =1',
  '\u00a0=1',
  '\ufeff=1',
  '\u200b=1',
  '＝1',
  '＋1',
  '－1',
  '＠1',
  '\u007f',
  '\u0085x',
  "=cmd|' /C calc'!A0",
])('keeps %j from being a formula', (evil) => {
  expect(inertText(evil)).toBe(`'${evil}`);
  expect(rowOf(evil)).toContain(`'${evil}`.replaceAll('"', '""'));
});

it.each(['', 'Ads', '1 = 1', 'a-b', 'a@example', "'=1", '20 % of $2.00', '−1', '(=1)'])(
  'leaves %j as it is',
  (plain) => {
    expect(inertText(plain)).toBe(plain);
  },
);

it('leaves negative amounts numbers, and lets nothing else be one', () => {
  expect(rowOf('a', '-400.00')).toBe('a,-400.00\r\n');
  expect(rowOf('a', '-7')).toBe('a,-7\r\n');
  for (const sum of ['', '+1', '1,00', '=1', '1e3', '--1', '1.', '1\n'])
    expect(() => rowOf('a', sum)).toThrow('sum');
});

it('no text begins as a formula, whatever it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (any) => {
      expect(/^[\s\p{Cf}]*[=+\-@\p{Cc}]/u.test(inertText(any))).toBe(false);
    }),
  );
});
