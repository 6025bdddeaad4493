import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { recordAudit } from '#audit';
import { type Clock, isInstantInRange } from '#calendar';
import { newId, once, type Transaction, UnitOfWork } from '#database';
import { done, type Outcome, refusal, type Refusal, refuse, refused } from '#outcome';
import type { Actor, KeyMode } from './actor.js';
import type { Role } from './role.js';
import { apiKeyFrom, apiKeyRandomBytes, formatApiKey, hashSecret } from './api-key.js';
import { ApiKeyStore } from './api-key.store.js';
import { keyGrantRefusals } from './grants.js';
import { nameRefusals, type ApiKey } from './organization.js';
import { OrganizationStore } from './organization.store.js';
import type { Permission } from './permission.js';

export interface CreateApiKeyInput {
  readonly organizationId: string;
  /** The person as whom the key acts; null for a machine's key. */
  readonly userId: string | null;
  readonly name: string;
  readonly mode: KeyMode;
  readonly roles: readonly Role[];
  readonly scopes: readonly Permission[] | null;
  readonly expiresAt: Date | null;
  readonly idempotencyKey: string;
}

/** `token` is the whole key, known at this moment only; null when the act is a replay. */
export interface NewApiKey {
  readonly keyId: string;
  readonly token: string | null;
  readonly replayed: boolean;
}

@Injectable()
export class CreateApiKey {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly organizations: OrganizationStore,
    private readonly keys: ApiKeyStore,
    @Inject('Clock') private readonly clock: Clock,
  ) {}

  /** Refuses a foreign organization or user as NOT_FOUND, and NOT_PERMITTED what goes beyond the actor (`keyGrantRefusals`). */
  async execute(actor: Actor, input: CreateApiKeyInput): Promise<Outcome<NewApiKey>> {
    const now = this.clock.now();
    const refusals = [
      ...nameRefusals(input.name, ['input', 'name']),
      ...expiryRefusals(input.expiresAt, now),
    ];
    if (refusals.length > 0) return refused(...refusals);
    const { idempotencyKey: key, ...rest } = input;
    const request = {
      organizationId: actor.organizationId,
      key,
      operation: 'createApiKey',
      input: rest,
      now,
    };
    const parts = apiKeyFrom(input.mode, randomBytes(apiKeyRandomBytes));
    const outcome = await this.unitOfWork.run((tx) =>
      once(tx, request, () => this.create(tx, actor, { input, parts, now })),
    );
    if (!outcome.ok) return outcome;
    return done({ ...outcome.value, token: outcome.value.replayed ? null : formatApiKey(parts) });
  }

  private async create(
    tx: Transaction,
    actor: Actor,
    { input, parts, now }: { input: CreateApiKeyInput; parts: ReturnType<typeof apiKeyFrom>; now: Date },
  ): Promise<Outcome<{ keyId: string }>> {
    const visible =
      actor.kind === 'SYSTEM' || actor.kind === 'OPERATOR' || input.organizationId === actor.organizationId;
    const organization = visible ? await this.organizations.find(tx, input.organizationId) : undefined;
    if (!organization) return refuse('NOT_FOUND', { field: ['input', 'organizationId'] });
    const user = input.userId === null ? null : await this.organizations.findUser(tx, input.userId);
    if (
      user === undefined ||
      (user && (user.organizationId !== organization.id || user.disabledAt !== null))
    ) {
      return refuse('NOT_FOUND', { field: ['input', 'userId'] });
    }
    const refusals = keyGrantRefusals(actor, {
      kind: organization.kind,
      organizationId: organization.id,
      user,
      roles: input.roles,
      scopes: input.scopes,
    });
    if (refusals.length > 0) return refused(...refusals);
    const key: ApiKey = {
      id: newId(),
      organizationId: organization.id,
      userId: input.userId,
      publicId: parts.publicId,
      mode: input.mode,
      name: input.name.trim(),
      roles: input.roles,
      scopes: input.scopes,
      createdAt: now,
      expiresAt: input.expiresAt,
      revokedAt: null,
      lastUsedAt: null,
    };
    await this.keys.insert(tx, key, hashSecret(parts.secret));
    await recordAudit(tx, actor, {
      organizationId: organization.id,
      action: 'api-key.create',
      subject: `api-key:${key.id}`,
      after: key,
      at: now,
    });
    return done({ keyId: key.id });
  }
}

function expiryRefusals(expiresAt: Date | null, now: Date): Refusal[] {
  if (expiresAt === null || (isInstantInRange(expiresAt) && expiresAt.getTime() > now.getTime())) return [];
  const message = 'A key expires in the future, or, without expiresAt, never.';
  return [refusal('INVALID_VALUE', { field: ['input', 'expiresAt'], message })];
}
