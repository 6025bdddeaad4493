import { Inject, Injectable } from '@nestjs/common';
import { recordAudit } from '#audit';
import type { Clock } from '#calendar';
import { newId, once, type Transaction, UnitOfWork } from '#database';
import { done, type Outcome, refusal, type Refusal, refuse, refused } from '#outcome';
import type { Actor } from './actor.js';
import type { Role } from './role.js';
import { roleRefusals } from './grants.js';
import { emailRefusals, nameRefusals, normalizeEmail, type User } from './organization.js';
import { OrganizationStore } from './organization.store.js';
import { hashPassword, passwordLength } from './password.js';

export interface CreateUserInput {
  readonly organizationId: string;
  readonly email: string;
  readonly name: string;
  readonly password: string;
  readonly roles: readonly Role[];
  readonly idempotencyKey: string;
}

@Injectable()
export class CreateUser {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly organizations: OrganizationStore,
    @Inject('Clock') private readonly clock: Clock,
  ) {}

  /** Refuses what is not an address, a name or a password, roles that the organization cannot have, and a taken address. */
  async execute(
    actor: Actor,
    input: CreateUserInput,
  ): Promise<Outcome<{ readonly userId: string; readonly replayed: boolean }>> {
    const now = this.clock.now();
    const refusals = refusalsOf(input);
    if (refusals.length > 0) return refused(...refusals);
    // Before the transaction: it takes tens of milliseconds, and a restart must not take them again.
    const passwordHash = await hashPassword(input.password);
    // The password is left out: what is hashed of the input is kept for thirty days, and a fast hash must not be.
    const { idempotencyKey: key, password: _secret, ...rest } = input;
    const request = { organizationId: actor.organizationId, key, operation: 'createUser', input: rest, now };
    return this.unitOfWork.run((tx) =>
      once(tx, request, () => this.create(tx, actor, { input, passwordHash, now })),
    );
  }

  private async create(
    tx: Transaction,
    actor: Actor,
    { input, passwordHash, now }: { input: CreateUserInput; passwordHash: string; now: Date },
  ): Promise<Outcome<{ userId: string }>> {
    const visible =
      actor.kind === 'SYSTEM' || actor.kind === 'OPERATOR' || input.organizationId === actor.organizationId;
    const organization = visible ? await this.organizations.find(tx, input.organizationId) : undefined;
    if (!organization) return refuse('NOT_FOUND', { field: ['input', 'organizationId'] });
    const refusals = roleRefusals(organization.kind, input.roles);
    if (refusals.length > 0) return refused(...refusals);
    const user: User = {
      id: newId(),
      organizationId: organization.id,
      email: normalizeEmail(input.email),
      name: input.name.trim(),
      roles: input.roles,
      createdAt: now,
      disabledAt: null,
    };
    if (!(await this.organizations.insertUser(tx, user, passwordHash))) {
      return refuse('INVALID_VALUE', {
        field: ['input', 'email'],
        message: 'A user cannot be created with this e-mail address; take another one.',
      });
    }
    await recordAudit(tx, actor, {
      organizationId: organization.id,
      action: 'user.create',
      subject: `user:${user.id}`,
      after: user,
      at: now,
    });
    return done({ userId: user.id });
  }
}

function refusalsOf(input: CreateUserInput): Refusal[] {
  const { min, max } = passwordLength;
  const tooShortOrLong = input.password.length < min || input.password.length > max;
  return [
    ...emailRefusals(input.email, ['input', 'email']),
    ...nameRefusals(input.name, ['input', 'name']),
    ...(tooShortOrLong
      ? [
          refusal('INVALID_VALUE', {
            field: ['input', 'password'],
            message: `A password has ${min} to ${max} characters.`,
          }),
        ]
      : []),
  ];
}
