import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { recordAudit } from '#audit';
import type { Clock } from '#calendar';
import { newId, once, type Transaction, UnitOfWork } from '#database';
import { done, invariant, type Outcome, refuse, refused } from '#outcome';
import type { Actor } from './actor.js';
import { apiKeyFrom, apiKeyRandomBytes, formatApiKey, hashSecret } from './api-key.js';
import { ApiKeyStore } from './api-key.store.js';
import { Authenticator } from './authenticate.action.js';
import type { NewApiKey } from './create-api-key.action.js';
import { keyGrantRefusals } from './grants.js';
import { type ApiKey, isAlive } from './organization.js';
import { OrganizationStore } from './organization.store.js';

/** The longest time for which an old and a new key may both be right: a week to roll out a secret. */
export const maxOverlapHours = 168;
const hourMs = 3_600_000;

export interface RotateApiKeyInput {
  readonly keyId: string;
  /** For how long the old key stays right; 0 ends it at once. */
  readonly overlapHours: number;
  readonly idempotencyKey: string;
}

/** Replaces a key by a new one with the same name, powers and length of life; the old one expires after the overlap. */
@Injectable()
export class RotateApiKey {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly organizations: OrganizationStore,
    private readonly keys: ApiKeyStore,
    private readonly authenticator: Authenticator,
    @Inject('Clock') private readonly clock: Clock,
  ) {}

  /** Refuses NOT_FOUND, ILLEGAL_TRANSITION for a dead key, and NOT_PERMITTED where the actor could not have made it. */
  async execute(
    actor: Actor,
    input: RotateApiKeyInput,
  ): Promise<Outcome<NewApiKey & { readonly oldKeyId: string }>> {
    const now = this.clock.now();
    const { idempotencyKey: key, ...rest } = input;
    if (
      !Number.isInteger(input.overlapHours) ||
      input.overlapHours < 0 ||
      input.overlapHours > maxOverlapHours
    ) {
      const message = `The overlap is a whole number of hours from 0 to ${maxOverlapHours}.`;
      return refuse('INVALID_VALUE', { field: ['input', 'overlapHours'], message });
    }
    const request = {
      organizationId: actor.organizationId,
      key,
      operation: 'rotateApiKey',
      input: rest,
      now,
    };
    const random = randomBytes(apiKeyRandomBytes);
    let old: ApiKey | undefined;
    const outcome = await this.unitOfWork.run((tx) =>
      once(tx, request, async () => {
        const found = await findLive(tx, this.keys, actor, { keyId: input.keyId, now });
        if (!found.ok) return found;
        old = found.value;
        return this.rotate(tx, actor, { old, random, overlapHours: input.overlapHours, now });
      }),
    );
    if (!outcome.ok) return outcome;
    if (outcome.value.replayed) return done({ ...outcome.value, token: null });
    invariant(old, 'a rotated key was not read');
    this.authenticator.forget(old.publicId);
    return done({ ...outcome.value, token: formatApiKey(apiKeyFrom(old.mode, random)) });
  }

  private async rotate(
    tx: Transaction,
    actor: Actor,
    { old, random, overlapHours, now }: { old: ApiKey; random: Uint8Array; overlapHours: number; now: Date },
  ): Promise<Outcome<{ keyId: string; oldKeyId: string }>> {
    const organization = await this.organizations.find(tx, old.organizationId);
    invariant(organization, 'a key belongs to no organization');
    const user = old.userId === null ? null : await this.organizations.findUser(tx, old.userId);
    if (user === undefined || (user && user.disabledAt !== null))
      return refuse('NOT_FOUND', { field: ['input', 'keyId'] });
    // Who rotates a key holds it afterwards: the same rules as for making it, reported on the one field there is.
    const refusals = keyGrantRefusals(actor, { ...old, kind: organization.kind, user });
    if (refusals.length > 0)
      return refused(...refusals.map((each) => ({ ...each, field: ['input', 'keyId'] })));
    const parts = apiKeyFrom(old.mode, random);
    const key: ApiKey = {
      ...old,
      id: newId(),
      publicId: parts.publicId,
      createdAt: now,
      expiresAt: old.expiresAt && new Date(now.getTime() + old.expiresAt.getTime() - old.createdAt.getTime()),
      lastUsedAt: null,
    };
    const overlapEnd = now.getTime() + overlapHours * hourMs;
    const expiresAt = new Date(Math.min(overlapEnd, old.expiresAt?.getTime() ?? Infinity));
    await this.keys.insert(tx, key, hashSecret(parts.secret));
    await this.keys.end(tx, old.id, { expiresAt });
    await recordAudit(tx, actor, {
      organizationId: old.organizationId,
      action: 'api-key.rotate',
      subject: `api-key:${old.id}`,
      before: old,
      after: { old: { ...old, expiresAt }, key },
      at: now,
    });
    return done({ keyId: key.id, oldKeyId: old.id });
  }
}

export interface RevokeApiKeyInput {
  readonly keyId: string;
  readonly idempotencyKey: string;
}

/** Ends a key at once, anybody's of the organization: who finds a leaked key must be able to stop it. */
@Injectable()
export class RevokeApiKey {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly keys: ApiKeyStore,
    private readonly authenticator: Authenticator,
    @Inject('Clock') private readonly clock: Clock,
  ) {}

  /** Refuses NOT_FOUND, and ILLEGAL_TRANSITION for a key that is dead already. */
  async execute(
    actor: Actor,
    input: RevokeApiKeyInput,
  ): Promise<Outcome<{ readonly keyId: string; readonly replayed: boolean }>> {
    const now = this.clock.now();
    const { idempotencyKey: key, ...rest } = input;
    const request = {
      organizationId: actor.organizationId,
      key,
      operation: 'revokeApiKey',
      input: rest,
      now,
    };
    let revoked: ApiKey | undefined;
    const outcome = await this.unitOfWork.run((tx) =>
      once(tx, request, async () => {
        const found = await findLive(tx, this.keys, actor, { keyId: input.keyId, now });
        if (!found.ok) return found;
        revoked = found.value;
        await this.keys.end(tx, revoked.id, { revokedAt: now });
        await recordAudit(tx, actor, {
          organizationId: revoked.organizationId,
          action: 'api-key.revoke',
          subject: `api-key:${revoked.id}`,
          before: revoked,
          after: { ...revoked, revokedAt: now },
          at: now,
        });
        return done({ keyId: revoked.id });
      }),
    );
    if (outcome.ok && revoked) this.authenticator.forget(revoked.publicId);
    return outcome;
  }
}

async function findLive(
  tx: Transaction,
  keys: ApiKeyStore,
  actor: Actor,
  { keyId, now }: { keyId: string; now: Date },
): Promise<Outcome<ApiKey>> {
  const field = ['input', 'keyId'];
  const key = await keys.lock(tx, keyId);
  const visible =
    actor.kind === 'SYSTEM' || actor.kind === 'OPERATOR' || key?.organizationId === actor.organizationId;
  if (!key || !visible) return refuse('NOT_FOUND', { field });
  if (!isAlive(key, now)) {
    return refuse('ILLEGAL_TRANSITION', {
      field,
      message: 'This key has ended already.',
      data: { allowed: [] },
    });
  }
  return done(key);
}
