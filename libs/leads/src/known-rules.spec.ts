import { isVerticalName } from './known-rules.js';

it.each([
  ['solar', true],
  ['a'.repeat(64), true],
  ['a'.repeat(65), false],
  ['', false],
  // PostgreSQL fails for both, whatever is compared with them.
  ['so\0lar', false],
  ['so\ud800lar', false],
])('of %j a vertical may have the name: %s', (name, expected) => {
  expect(isVerticalName(name)).toBe(expected);
});
