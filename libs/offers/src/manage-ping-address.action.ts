import { randomBytes } from 'node:crypto';
import { recordAudit } from '#audit';
import type { Clock } from '#calendar';
import { once, type Transaction, UnitOfWork } from '#database';
import type { Actor } from '#organizations';
import { done, type Outcome, refuse } from '#outcome';
import { secretBytes, showSecret, Targets, targetRefusalMessages } from '#webhooks';
import { Inject, Injectable } from '@nestjs/common';
import { maxPingOverlapHours } from './ping-address.js';
import { type ContractToPing, PingAddressStore } from './ping-address.store.js';

/** What every act on the ping address of a contract names. */
export interface PingAddressInput {
  readonly contractId: string;
  readonly idempotencyKey: string;
}

export interface SetPingAddressInput extends PingAddressInput {
  readonly url: string;
  /** The version that the caller read, to change an address. */
  readonly expectedVersion?: number | null | undefined;
}

export interface RotatePingSecretInput extends PingAddressInput {
  /** How long the old secret signs as well. */
  readonly overlapHours?: number | null | undefined;
}

/** `secret` is known at this moment only; null where none was made, and in a replay. */
export interface PingAddressActed {
  readonly contractId: string;
  readonly secret: string | null;
  readonly replayed: boolean;
}

const field = ['input', 'contractId'];
/** What is said where there is nothing to rotate or to try out. */
export const noAddress = 'The contract has no ping address. Set one first.';
const acting = 'Only the buyer of a contract says where it is asked for bids.';

/** A buyer says where it is asked what it bids for the leads of a contract. */
@Injectable()
export class ManagePingAddress {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly addresses: PingAddressStore,
    private readonly targets: Targets,
    @Inject('Clock') private readonly clock: Clock,
  ) {}

  /**
   * Sets or changes the address; a first one comes with a secret. Looks the host up, so it takes as long as a server of names. Refuses
   * NOT_FOUND, NOT_PERMITTED, INVALID_VALUE, STALE_VERSION, and ILLEGAL_TRANSITION for a contract that is over.
   */
  async set(actor: Actor, input: SetPingAddressInput): Promise<Outcome<PingAddressActed>> {
    const target = await this.targets.find(input.url);
    if (typeof target === 'string')
      return refuse('INVALID_VALUE', { field: ['input', 'url'], message: targetRefusalMessages[target] });
    const secret = randomBytes(secretBytes);
    const url = target.url.href;
    let isFirst = false;
    const acted = await this.act(actor, 'setPingAddress', input, async (tx, contract, at) => {
      if (contract.buyerId !== actor.organizationId) return refuse('NOT_PERMITTED', { message: acting });
      if (contract.isOver)
        return refuse('ILLEGAL_TRANSITION', { field, message: 'The contract is over: it takes no leads.' });
      const { address } = contract;
      const { expectedVersion = null } = input;
      const currentVersion = address?.version ?? 0;
      if (expectedVersion !== null && (!address || expectedVersion !== currentVersion))
        return refuse('STALE_VERSION', { field: ['input', 'expectedVersion'], data: { currentVersion } });
      isFirst = address === null;
      await this.addresses.set(tx, contract, { url, changedBy: actor.id, at });
      if (isFirst) await this.addresses.addSecret(tx, contract, { secret, overlapHours: 0 });
      return done({ url });
    });
    return shown(acted, isFirst ? secret : null);
  }

  /** From now on nothing is bid under the contract, if it was. The operator may do it as well. Refuses NOT_FOUND. */
  async remove(actor: Actor, input: PingAddressInput): Promise<Outcome<PingAddressActed>> {
    const acted = await this.act(actor, 'removePingAddress', input, async (tx, contract) => {
      await this.addresses.remove(tx, contract);
      return done({ url: null });
    });
    return shown(acted, null);
  }

  /** A new secret; the old one signs beside it for as long as is asked. Refuses NOT_FOUND, ILLEGAL_TRANSITION, NOT_PERMITTED and INVALID_VALUE. */
  async rotate(actor: Actor, input: RotatePingSecretInput): Promise<Outcome<PingAddressActed>> {
    const overlapHours = input.overlapHours ?? 24;
    if (!Number.isInteger(overlapHours) || overlapHours < 0 || overlapHours > maxPingOverlapHours) {
      const message = `The value must be a whole number from 0 to ${maxPingOverlapHours}.`;
      return refuse('INVALID_VALUE', { field: ['input', 'overlapHours'], message });
    }
    const secret = randomBytes(secretBytes);
    const acted = await this.act(actor, 'rotatePingSecret', input, async (tx, contract) => {
      if (!contract.address) return refuse('ILLEGAL_TRANSITION', { field, message: noAddress });
      if (contract.buyerId !== actor.organizationId) return refuse('NOT_PERMITTED', { message: acting });
      await this.addresses.addSecret(tx, contract, { secret, overlapHours });
      return done({ overlapHours });
    });
    return shown(acted, secret);
  }

  /** What the acts have in common: once, lock, audit. */
  async act(
    actor: Actor,
    operation: string,
    input: PingAddressInput,
    change: (tx: Transaction, contract: ContractToPing, at: Date) => Promise<Outcome<object>>,
  ): Promise<Outcome<{ readonly contractId: string; readonly replayed: boolean }>> {
    const now = this.clock.now();
    const { idempotencyKey: key, ...rest } = input;
    const { organizationId } = actor;
    return await this.unitOfWork.run((tx) =>
      once(tx, { organizationId, key, operation, input: rest, now }, async () => {
        const contract = await this.addresses.contract(tx, actor, input.contractId);
        if (!contract) return refuse('NOT_FOUND', { field });
        const changed = await change(tx, contract, now);
        if (!changed.ok) return changed;
        await recordAudit(tx, actor, {
          organizationId: contract.buyerId,
          action: auditNames[operation] ?? operation,
          subject: `contract:${contract.contractId}`,
          before: contract.address && { url: contract.address.url },
          after: changed.value,
          at: now,
        });
        return done({ contractId: contract.contractId });
      }),
    );
  }
}

const auditNames: Readonly<Record<string, string>> = {
  setPingAddress: 'ping-address.set',
  removePingAddress: 'ping-address.remove',
  rotatePingSecret: 'ping-address.rotate-secret',
  sendSamplePing: 'ping-address.sample',
};

function shown(
  acted: Outcome<{ readonly contractId: string; readonly replayed: boolean }>,
  secret: Uint8Array | null,
): Outcome<PingAddressActed> {
  if (!acted.ok) return acted;
  return done({ ...acted.value, secret: secret && !acted.value.replayed ? showSecret(secret) : null });
}
