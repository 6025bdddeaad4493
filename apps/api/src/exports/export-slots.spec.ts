import { ExportSlots } from './export-slots.js';

function codeOf(take: () => unknown): string | undefined {
  try {
    take();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : 'thrown';
  }
}

it.each([
  [2, 1],
  [4, 1],
  [6, 2],
  [12, 4],
])('of %d connections %d are for the files of the ledger', (poolSize, most) => {
  const slots = new ExportSlots({ poolSize });
  for (let index = 0; index < most; index += 1) slots.take('ledger', `organization ${index}`);
  expect(codeOf(() => slots.take('ledger', 'another'))).toBe('OVERLOADED');
  expect(codeOf(() => slots.take('pages', 'another'))).toBeUndefined();
});

it('one organization takes four at once, and others as many', () => {
  const slots = new ExportSlots({ poolSize: 6 });
  const leave = [1, 2, 3, 4].map(() => slots.take('pages', 'first'));
  expect(codeOf(() => slots.take('pages', 'first'))).toBe('THROTTLED');
  expect(codeOf(() => slots.take('pages', 'second'))).toBeUndefined();
  leave[0]?.();
  // Leaving twice frees one place.
  leave[0]?.();
  expect(codeOf(() => slots.take('pages', 'first'))).toBeUndefined();
  expect(codeOf(() => slots.take('pages', 'first'))).toBe('THROTTLED');
});

it('thirty-two statements at once are enough for everybody', () => {
  const slots = new ExportSlots({ poolSize: 6 });
  const leave = Array.from({ length: 32 }, (_, index) => slots.take('pages', `organization ${index}`));
  expect(codeOf(() => slots.take('pages', 'another'))).toBe('OVERLOADED');
  leave.at(-1)?.();
  expect(codeOf(() => slots.take('pages', 'another'))).toBeUndefined();
});
