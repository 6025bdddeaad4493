import { randomBytes } from 'node:crypto';
import type { INestApplicationContext } from '@nestjs/common';
import { loadConfig } from '#config';
import { Database, newId } from '#database';
import { CreateApiKey, CreateOrganization, CreateUser, type Role, roles, systemActor } from '#organizations';
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
  usage: '--email <address> --name <name> --role <role> [--role <role> …] [--operator <name>]',
  run: async (parameters) => {
    const options = readOptions(parameters, {
      email: { type: 'string' },
      name: { type: 'string' },
      role: { type: 'string', multiple: true },
      operator: { type: 'string' },
    });
    const person = {
      email: given(options.email, '--email'),
      name: given(options.name, '--name'),
      roles: (options.role ?? []).map(roleOf),
    };
    if (person.roles.length === 0) throw new CommandError(`--role is missing: one of ${roles.join(', ')}.`);
    const made = await withActions(loadConfig(), [], async (context) => {
      const organizationId = await operatorOf(context, options.operator);
      return await createPerson(context, { ...person, organizationId });
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
  },
): Promise<{ readonly password: string; readonly token: string | null }> {
  const password = randomBytes(15).toString('base64url');
  const { userId } = made(
    await context.get(CreateUser).execute(actor, { ...person, password, idempotencyKey: newId() }),
  );
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
