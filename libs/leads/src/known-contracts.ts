import type { ActiveContract, ContractsFound } from '#contracts';

/** What a submission asks for: a contract by name, or the only one of its vertical. */
export interface ContractAsked {
  readonly agencyId: string;
  readonly contractId: string | null;
  readonly vertical: string;
}

const capacity = 10_000;

/**
 * The contracts that intake found lately, so that most batches need not ask. Nothing is decided by it: the intake
 * statement holds each contract to what is known of it (unchanged, active, still the only one where it was not
 * named, of a buyer with credit), leaves out the leads of one that is different, and these are asked for anew.
 */
export class KnownContracts {
  private readonly contracts = new Map<string, ActiveContract>();

  get(asked: ContractAsked): ContractsFound | undefined {
    const contract = this.contracts.get(keyOf(asked));
    return contract && { contracts: [contract], inactive: false };
  }

  /**
   * Keeps a single contract; anything else is asked for each time. So is one whose buyer's balance is used up: kept, it
   * would go on to be refused after the block is lifted.
   */
  keep(asked: ContractAsked, found: ContractsFound): void {
    const key = keyOf(asked);
    this.contracts.delete(key);
    const [contract, ...others] = found.contracts;
    if (!contract || others.length > 0 || contract.creditBlocked) return;
    this.contracts.set(key, contract);
    if (this.contracts.size <= capacity) return;
    for (const oldest of this.contracts.keys()) {
      this.contracts.delete(oldest);
      return;
    }
  }
}

function keyOf({ agencyId, contractId, vertical }: ContractAsked): string {
  return contractId === null ? `${agencyId} vertical ${vertical}` : `${agencyId} contract ${contractId}`;
}
