import { randomBytes } from 'node:crypto';
import type { INestApplicationContext } from '@nestjs/common';
import { loadConfig } from '#config';
import { Database, newId } from '#database';
import { parseAmount, parseCurrency } from '#money';
import {
  CreateApiKey,
  CreateOrganization,
  CreateUser,
  type Role,
  roles,
  SetApprovalLimit,
  systemActor,
} from '#organizations';
import type { Outcome } from '#outcome';
import { withActions } from './cli.module.js';
import { type Command, CommandError } from './command.js';
import { readOptions } from './options.js';

const actor = systemActor('create-person');

/**
 * How an installation gets its first people: through the API nobody can make a key for somebody else, so that four
 * eyes stay four eyes, and somebody has to be the first.
 */
export const createPersonCommand: Command = {
  summary:
    'Creates a person of the operator, with a password and an API key that are printed this once. The first time it ' +
    'also creates the operator, whose name is then needed.',
  usage:
    '--email <address> --name <name> --role <role> [--role <role> …] [--operator <name>] ' +
    '[--approval-limit <amount> --currency <code>]',
  run: async (parameters) => {
    const options = readOptions(parameters, {
      email: { type: 'string' },
      name: { type: 'string' },
      role: { type: 'string', multiple: true },
      operator: { type: 'string' },
      'approval-limit': { type: 'string' },
      currency: { type: 'string' },
    });
    const person = {
      email: given(options.email, '--email'),
      name: given(options.name, '--name'),
      roles: (options.role ?? []).map(roleOf),
    };
    if (person.roles.length === 0) throw new CommandError(`--role is missing: one of ${roles.join(', ')}.`);
    const limit = limitOf(options['approval-limit'], options.currency, person.roles);
    const made = await withActions(loadConfig(), [], async (context) => {
      const organizationId = await operatorOf(context, options.operator);
      return await createPerson(context, { ...person, organizationId, limit });
    });
    console.log(`${person.name} can act for the operator. Keep these, they are not shown again:`);
    console.log(`  password  ${made.password}`);
    console.log(`  API key   ${made.token}`);
    return 0;
  },
};

function given(text: string | undefined, option: string): string {
  if (text === undefined || text.trim() === '')
    throw new CommandError(`${option} is missing: --help says more.`);
  return text;
}

function roleOf(text: string): Role {
  const role = roles.find((each) => each === text);
  if (!role) throw new CommandError(`there is no such role: choose from ${roles.join(', ')}.`);
  return role;
}

interface Limit {
  readonly amount: string;
  readonly currency: string;
}

/** Checked before anybody is created: a limit that cannot be set must not leave a person without one behind. */
function limitOf(
  amount: string | undefined,
  code: string | undefined,
  held: readonly Role[],
): Limit | undefined {
  if (amount === undefined && code === undefined) return undefined;
  const currency = parseCurrency(given(code, '--currency'));
  if (!currency) throw new CommandError('--currency must be an ISO 4217 code such as EUR.');
  const amountMinor = parseAmount(given(amount, '--approval-limit'), currency);
  if (amountMinor === undefined || amountMinor <= 0n)
    throw new CommandError('--approval-limit must be an amount above zero such as 5000.00.');
  if (!held.includes('FINANCE_APPROVER'))
    throw new CommandError('--approval-limit is for a FINANCE_APPROVER: the others approve nothing.');
  return { amount: amount ?? '', currency };
}

async function operatorOf(context: INestApplicationContext, name: string | undefined): Promise<string> {
  const [found] = await context
    .get(Database)
    .query<{ id: string; name: string }>(`select id, name from organizations where kind = 'OPERATOR'`);
  if (found) {
    if (name !== undefined && name !== found.name) {
      throw new CommandError('this installation has its operator already: leave --operator out.');
    }
    return found.id;
  }
  const input = { kind: 'OPERATOR', name: given(name, '--operator'), idempotencyKey: newId() } as const;
  return made(await context.get(CreateOrganization).execute(actor, input)).organizationId;
}

async function createPerson(
  context: INestApplicationContext,
  person: {
    readonly organizationId: string;
    readonly email: string;
    readonly name: string;
    readonly roles: readonly Role[];
    readonly limit: Limit | undefined;
  },
): Promise<{ readonly password: string; readonly token: string | null }> {
  const { limit, ...user } = person;
  const password = randomBytes(15).toString('base64url');
  const { userId } = made(
    await context.get(CreateUser).execute(actor, { ...user, password, idempotencyKey: newId() }),
  );
  if (limit)
    made(await context.get(SetApprovalLimit).execute(actor, { userId, limit, idempotencyKey: newId() }));
  const { organizationId } = person;
  const key = { organizationId, userId, roles: person.roles, name: 'first key', mode: 'live' } as const;
  const { token } = made(
    await context
      .get(CreateApiKey)
      .execute(actor, { ...key, scopes: null, expiresAt: null, idempotencyKey: newId() }),
  );
  return { password, token };
}

function made<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value;
  throw new CommandError(outcome.refusals.map(({ message }) => message).join(' '));
}
