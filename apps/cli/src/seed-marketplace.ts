import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '#calendar';
import { AcceptContract, ContractsQueries, ProposeContract, type RawTerms } from '#contracts';
import { Database, newId, UnitOfWork } from '#database';
import {
  type Actor,
  Authenticator,
  CreateApiKey,
  CreateOrganization,
  CreateUser,
  hashPassword,
  type OrganizationKind,
  type Role,
  systemActor,
} from '#organizations';
import { done, invariant, type Outcome } from '#outcome';

const actor = systemActor('seed');
const keyName = 'demo';

export interface SeededKey {
  readonly organizationId: string;
  readonly userId: string | null;
  readonly roles: readonly Role[];
  /** The key of the last time, which is kept while it is right. */
  readonly known: string | undefined;
}

/** The steps of setting up a marketplace, each of which finds what is there already. Ids are UUIDs. */
@Injectable()
export class MarketplaceSteps {
  constructor(
    private readonly database: Database,
    private readonly createOrganization: CreateOrganization,
    private readonly createUser: CreateUser,
    private readonly createApiKey: CreateApiKey,
    private readonly authenticator: Authenticator,
    private readonly unitOfWork: UnitOfWork,
    @Inject('Clock') private readonly clock: Clock,
  ) {}

  /** By kind and name, the oldest of several. Not by idempotency key: those are forgotten after thirty days. */
  async organization(kind: OrganizationKind, name: string): Promise<string> {
    const [found] = await this.database.query<{ id: string }>(
      `select id from organizations where kind = $1 and (name = $2 or kind = 'OPERATOR') order by id limit 1`,
      [kind, name],
    );
    if (found) return found.id;
    const input = { kind, name, idempotencyKey: newId() };
    return made(await this.createOrganization.execute(actor, input)).organizationId;
  }

  /** A person with a known password: a new one when the old one is not known any more. */
  async person(person: {
    readonly organizationId: string;
    readonly email: string;
    readonly name: string;
    readonly roles: readonly Role[];
    readonly knownPassword: string | undefined;
  }): Promise<{ readonly userId: string; readonly password: string }> {
    const { knownPassword, ...rest } = person;
    const password = knownPassword ?? randomBytes(15).toString('base64url');
    const [found] = await this.database.query<{ id: string }>('select id from users where email = $1', [
      person.email,
    ]);
    if (!found) {
      const input = { ...rest, password, idempotencyKey: newId() };
      return { userId: made(await this.createUser.execute(actor, input)).userId, password };
    }
    if (knownPassword === undefined) {
      const hash = await hashPassword(password);
      await this.unitOfWork.run(async (tx) =>
        done(await tx.query('update users set password_hash = $2 where id = $1', [found.id, hash])),
      );
    }
    return { userId: found.id, password };
  }

  /** A key that works: the known one, or a new one in place of all earlier ones of the demo. */
  async key({ known, ...owner }: SeededKey): Promise<{ readonly apiKey: string; readonly actor: Actor }> {
    const before = known === undefined ? undefined : await this.authenticator.authenticate(known);
    if (
      known !== undefined &&
      before?.organizationId === owner.organizationId &&
      before.userId === owner.userId
    ) {
      return { apiKey: known, actor: before };
    }
    await this.unitOfWork.run(async (tx) =>
      done(
        await tx.query(
          `update api_keys set revoked_at = $4 where organization_id = $1 and user_id is not distinct from $2
             and name = $3 and revoked_at is null`,
          [owner.organizationId, owner.userId, keyName, this.clock.now()],
        ),
      ),
    );
    const input = { ...owner, name: keyName, mode: 'live', scopes: null, expiresAt: null } as const;
    const { token } = made(await this.createApiKey.execute(actor, { ...input, idempotencyKey: newId() }));
    invariant(token, 'a new key came without its token');
    const after = await this.authenticator.authenticate(token);
    invariant(after, 'a new key does not work');
    return { apiKey: token, actor: after };
  }
}

/** One contract of each basis, in verticals of their own: a lead that names no contract has one that it can mean. */
@Injectable()
export class ContractSteps {
  constructor(
    private readonly contracts: ContractsQueries,
    private readonly propose: ProposeContract,
    private readonly accept: AcceptContract,
  ) {}

  /** Proposed by the agency and accepted by the buyer, unless they have one in this vertical, whatever became of it. */
  async contract(agency: Actor, buyer: Actor, vertical: string, terms: RawTerms): Promise<string> {
    const sides = { agencyId: agency.organizationId, buyerId: buyer.organizationId };
    const [found] = await this.contracts.contractPage(
      agency,
      { ...sides, vertical },
      { limit: 1, backwards: true },
    );
    if (found && (found.state !== 'PROPOSED' || found.inForceVersion !== null)) return found.id;
    const contractId =
      found?.id ??
      made(await this.propose.execute(agency, { ...sides, vertical, terms, idempotencyKey: newId() }))
        .contractId;
    // An earlier run may have been cut short between the two.
    const version = found?.latestVersion ?? 1;
    made(await this.accept.execute(buyer, { contractId, version, idempotencyKey: newId() }));
    return contractId;
  }
}

function made<T>(outcome: Outcome<T>): T {
  const text = outcome.ok
    ? ''
    : outcome.refusals.map(({ code, field }) => `${code} ${field?.join('.')}`).join(', ');
  invariant(outcome.ok, `the demo marketplace was refused: ${text}`);
  return outcome.value;
}
