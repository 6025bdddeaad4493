import { recordAudit } from '#audit';
import type { Clock } from '#calendar';
import { type Transaction, UnitOfWork, once } from '#database';
import { emit } from '#events';
import type { Actor } from '#organizations';
import { type Outcome, done, refuse } from '#outcome';
import { Inject, Injectable } from '@nestjs/common';
import {
  type Contract,
  type ContractState,
  type ContractStanding,
  checkExpectedVersion,
} from './contract.js';
import { type ContractEvent, contractEvent } from './contract-event.js';
import { ContractStore, type HeldContract } from './contract.store.js';

/** What every act on an existing contract names. */
export interface ContractActInput {
  readonly contractId: string;
  /** The contract's row version that the caller read; without it the act is not guarded. */
  readonly expectedVersion?: number | null | undefined;
  readonly idempotencyKey: string;
}

/** Which contract was acted on; read it again for the answer. */
export interface ContractActed {
  readonly contractId: string;
  readonly replayed: boolean;
}

interface Change {
  readonly state: ContractState;
  readonly latestVersion?: number;
  readonly inForceVersion?: number;
}

/** Decides what changes and writes the versions; the contract itself is written by {@link ContractChanges}. */
type Act = (tx: Transaction, held: HeldContract, now: Date) => Promise<Outcome<Change>>;

/** What all acts on a contract share: once per key, on the held row, guarded by its version, with a trace. */
@Injectable()
export class ContractChanges {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly contracts: ContractStore,
    @Inject('Clock') private readonly clock: Clock,
  ) {}

  /** Refuses NOT_FOUND, STALE_VERSION, IDEMPOTENCY_KEY_REUSED, and whatever the act refuses. */
  async run(
    actor: Actor,
    operation: { readonly name: string; readonly action: string; readonly event: ContractEvent },
    input: ContractActInput & { readonly version?: number; readonly terms?: unknown },
    act: Act,
  ): Promise<Outcome<ContractActed>> {
    const now = this.clock.now();
    const { idempotencyKey: key, expectedVersion = null, ...rest } = input;
    const { organizationId } = actor;
    const request = {
      organizationId,
      key,
      operation: operation.name,
      input: { ...rest, expectedVersion },
      now,
    };
    return await this.unitOfWork.run((tx) =>
      once(tx, request, async () => {
        const held = await this.contracts.hold(tx, actor, input.contractId);
        if (!held) return refuse('NOT_FOUND', { field: ['input', 'contractId'] });
        const fresh = checkExpectedVersion(held.contract, expectedVersion);
        if (!fresh.ok) return fresh;
        // Not the time before the wait for the row: leads that were delivered meanwhile came under what was in force.
        const at = this.clock.now();
        const change = await act(tx, held, at);
        if (!change.ok) return change;
        const after = await this.contracts.update(tx, held.contract, {
          ...change.value,
          pausedByOrganizationId: pauserAfter(actor, held.contract, change.value.state),
          changedAt: at,
        });
        await recordAudit(tx, actor, {
          action: operation.action,
          subject: `contract:${after.id}`,
          before: held.contract,
          after,
          at,
        });
        await emit(tx, contractEvent(operation.event, after, at));
        return done({ contractId: after.id });
      }),
    );
  }
}

/** Who may end the pause that the contract is in after the act: whoever began it. */
function pauserAfter(actor: Actor, before: Contract, after: ContractState): string | null {
  if (after !== 'PAUSED') return null;
  return before.pausedByOrganizationId ?? actor.organizationId;
}

/** A held contract as the decisions see it. */
export function standingOf({ contract, pending }: HeldContract): ContractStanding {
  return { ...contract, pending };
}
