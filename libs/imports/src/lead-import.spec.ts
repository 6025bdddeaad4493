import { failureWords, paceAfter, remainingSeconds } from './lead-import.js';

const running = {
  state: 'RUNNING',
  bytesTotal: 10_000,
  checkpoint: { offset: 2_500, row: 26, line: 26 },
  rowsDone: 25,
  rowsPerSecond: 5,
} as const;

it('tells how long the rest takes, by the size of the rows so far and the pace', () => {
  // 25 rows had 2,500 bytes, so 75 are left; at 5 a second that is 15 s.
  expect(remainingSeconds(running)).toBe(15);
  expect(remainingSeconds({ ...running, checkpoint: { ...running.checkpoint, offset: 10_000 } })).toBe(0);
});

it.each([
  ['before the first rows', { rowsDone: 0, rowsPerSecond: null }],
  ['of a pace that stands still', { rowsPerSecond: 0 }],
  ['of what does not run', { state: 'COMPLETED' }],
] as const)('tells nothing %s', (_when, more) => {
  expect(remainingSeconds({ ...running, ...more })).toBeNull();
});

it('the pace follows what is measured without jumping', () => {
  expect(paceAfter(null, 200, 100)).toBe(2_000);
  expect(paceAfter(2_000, 200, 200)).toBe(1_800);
  expect(paceAfter(2_000, 200, 0)).toBeGreaterThan(2_000);
});

const failed = {
  failure: 'QUOTES_NOT_CLOSED',
  failureLine: 9,
  checkpoint: { offset: 500, row: 7, line: 8 },
  dryRun: false,
  columns: [{ name: 'email', field: 'contact.email' }],
} as const;
const named = [...failed.columns, { name: 'id', field: 'externalId' }] as const;

it.each([
  [
    'rows without names',
    {},
    /^Quotes .* line 9 .* Rows 2 to 7 were read .* send only .* from line 9 on\. Rows before/,
  ],
  [
    'rows with names of their own',
    { columns: named },
    /Rows 2 to 7 were read .* from line 9 on; or all of it/,
  ],
  [
    'nothing before it',
    { checkpoint: { offset: 9, row: 1, line: 1 } },
    /No row stands before it\. .* all of it\.$/,
  ],
  ['a dry run', { dryRun: true }, /Nothing was taken, .* send all of it\.$/],
  ['our fault', { failure: 'INTERNAL' }, /Send the same file again, unchanged/],
] as const)('says what is to be sent after a failure: %s', (_what, more, words) => {
  expect(failureWords({ ...failed, ...more })).toMatch(words);
});

it('has no such words for what did not fail', () => {
  expect(failureWords({ ...failed, failure: null })).toBeNull();
});
