import type { Actor } from './actor.js';
import { systemActor } from './actor.js';
import { decideLimit, readLimit } from './approval-limit.js';

const admin: Actor = {
  ...systemActor('test'),
  id: 'user:ada',
  kind: 'OPERATOR',
  userId: 'ada',
  roles: ['ADMIN'],
};

it.each([
  ['another administrator', admin, 'bob', 'FINANCE_APPROVER', 'done'],
  ['the command line', systemActor('create-person'), 'bob', 'FINANCE_APPROVER', 'done'],
  ['the approver', admin, 'ada', 'FINANCE_APPROVER', 'NOT_PERMITTED'],
  ['a key of nobody', { ...admin, userId: null }, 'bob', 'FINANCE_APPROVER', 'NOT_PERMITTED'],
  ['for a preparer', admin, 'bob', 'FINANCE_PREPARER', 'INVALID_VALUE'],
] as const)('a limit set by %s', (_who, actor, id, role, expected) => {
  const outcome = decideLimit(actor, { id, roles: [role] });
  expect(outcome.ok ? 'done' : outcome.refusals[0]?.code).toBe(expected);
});

it.each([
  ['500.00', 'USD', 50_000n],
  ['500', 'JPY', 500n],
  ['0', 'USD', 'INVALID_AMOUNT amount'],
  ['-1', 'USD', 'INVALID_AMOUNT amount'],
  ['0.001', 'USD', 'INVALID_AMOUNT amount'],
  ['1e3', 'USD', 'INVALID_AMOUNT amount'],
  ['500', 'usd', 'INVALID_CURRENCY currency'],
])('reads %s %s', (amount, currency, expected) => {
  const outcome = readLimit({ amount, currency }, []);
  expect(
    outcome.ok
      ? outcome.value.amountMinor
      : outcome.refusals.map(({ code, field = [] }) => `${code} ${field.join('.')}`).join(),
  ).toBe(expected);
});
