import { readFileSync } from 'node:fs';
import { allInvariants } from './all-invariants.js';

it('docs/money.md names every rule of the books, and no other', () => {
  const text = readFileSync('docs/money.md', 'utf8');
  const named = new Set([...text.matchAll(/^\| (I\d+) /gm)].map(([, name]) => name));
  expect([...named].sort()).toEqual([...new Set(allInvariants.map(({ name }) => name))].sort());
});
