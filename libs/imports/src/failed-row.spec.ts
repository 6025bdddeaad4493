import { failedHeader, failedRows, safeCell } from './failed-row.js';

it.each([
  '+12125550100',
  '+1 (212) 555-0100',
  '+49 30/901820',
  '-400.00',
  '-7',
  'plain',
  '',
  'a@example.com',
])('leaves %j usable', (cell) => expect(safeCell(cell)).toBe(cell));

it.each(['=1+1', '@SUM(A1)', '+cmd|x', '-2+3', '+1;=2', ' =1', '\t=1', '+12125550100=1'])(
  'keeps %j from being a formula',
  (cell) => expect(safeCell(cell)).toBe(`'${cell}`),
);

it('writes rows with their numbers and reasons, and without those of an earlier download', () => {
  const names = ['email', 'leadger_row', 'note', 'leadger_reasons'];
  const refusals = [
    { code: 'INVALID_VALUE', field: 'contact.email', message: 'No address.' },
    { code: 'REQUIRED', field: 'contact.phone', message: 'Give one.' },
  ] as const;
  expect(failedHeader(names, null)).toBe('email,note,leadger_row,leadger_reasons\r\n');
  expect(failedRows(names, [{ row: 4, refusals, cells: ['x', '9', 'a\nb; c', 'old'] }], null)).toBe(
    'x,"a\nb; c",4,contact.email: No address. (INVALID_VALUE) | contact.phone: Give one. (REQUIRED)\r\n',
  );
  // Under a contract the first row names it, whatever an earlier download has said.
  expect(failedHeader(['a', 'leadger_contract old'], 'ctr_1')).toBe(
    'a,leadger_row,leadger_reasons,leadger_contract ctr_1\r\n',
  );
  // A row that is shorter than the first one.
  expect(failedRows(['a', 'b', 'c'], [{ row: 2, refusals: [], cells: ['x'] }], null)).toBe('x,,,2,\r\n');
  // And one that is longer, sent back as it was and refused again: nothing of it is lost.
  const long = failedRows(['a', 'b'], [{ row: 5, refusals: [], cells: ['x', 'y', 'more', 'cells'] }], null);
  expect(long).toBe('x,y,5,,more,cells\r\n');
  const columns = ['a', 'b', 'leadger_row', 'leadger_reasons'];
  expect(failedRows(columns, [{ row: 2, refusals: [], cells: long.trim().split(',') }], null)).toBe(
    'x,y,2,,more,cells\r\n',
  );
});
