import { recordAudit } from '#audit';
import type { Clock } from '#calendar';
import { type Transaction, UnitOfWork, newId, once } from '#database';
import { emit } from '#events';
import { type Actor, type OrganizationKind, OrganizationStore } from '#organizations';
import { type Outcome, type Refusal, done, refusal, refused } from '#outcome';
import { Inject, Injectable } from '@nestjs/common';
import type { ContractActed } from './change-contract.action.js';
import type { Contract, ContractVersion } from './contract.js';
import { contractEvent } from './contract-event.js';
import { ContractStore } from './contract.store.js';
import { creditBlockOf } from './credit-blocks.store.js';
import type { ContractTerms } from './terms.js';
import { type RawTerms, parseVertical, validateTerms } from './validate-terms.js';

/** Ids are UUIDs; the terms are as they came from outside. */
export interface ProposeContractInput {
  readonly agencyId: string;
  readonly buyerId: string;
  readonly vertical: string;
  readonly terms: RawTerms;
  readonly idempotencyKey: string;
}

interface CheckedProposal {
  readonly agencyId: string;
  readonly buyerId: string;
  readonly vertical: string;
  readonly terms: ContractTerms;
}

/** Proposes a contract, with its first version, to the other side. */
@Injectable()
export class ProposeContract {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly contracts: ContractStore,
    private readonly organizations: OrganizationStore,
    @Inject('Clock') private readonly clock: Clock,
  ) {}

  /**
   * Refuses NOT_FOUND when the two are not an agency and a buyer of which the actor is one, INVALID_VALUE for the
   * vertical, and what `validateTerms` refuses; all at once.
   */
  async execute(actor: Actor, input: ProposeContractInput): Promise<Outcome<ContractActed>> {
    const now = this.clock.now();
    const proposal = checkProposal(input);
    if (!proposal.ok) return proposal;
    const request = {
      organizationId: actor.organizationId,
      key: input.idempotencyKey,
      operation: 'proposeContract',
      input: proposal.value,
      now,
    };
    return await this.unitOfWork.run((tx) =>
      once(tx, request, async () => {
        const strangers = await this.checkSides(tx, actor, proposal.value);
        if (strangers.length > 0) return refused(...strangers);
        const creditBlockedAt = await creditBlockOf(tx, proposal.value.buyerId);
        const contract = newContract(proposal.value, { creditBlockedAt, now });
        const version = firstVersion(actor, contract, proposal.value.terms, now);
        await this.contracts.insert(tx, contract);
        await this.contracts.insertVersion(tx, version);
        await recordAudit(tx, actor, {
          action: 'contract.propose',
          subject: `contract:${contract.id}`,
          after: { contract, version },
          at: now,
        });
        await emit(tx, contractEvent('contract.proposed', contract, now));
        return done({ contractId: contract.id });
      }),
    );
  }

  private async checkSides(tx: Transaction, actor: Actor, proposal: CheckedProposal): Promise<Refusal[]> {
    const isSide = async (kind: OrganizationKind, id: string): Promise<boolean> => {
      // Another agency's (or buyer's) id in the actor's own place is answered like one that does not exist.
      if (actor.kind === kind && actor.organizationId !== id) return false;
      return (await this.organizations.find(tx, id))?.kind === kind;
    };
    const refusals: Refusal[] = [];
    if (!(await isSide('AGENCY', proposal.agencyId))) refusals.push(missing('agencyId'));
    if (!(await isSide('BUYER', proposal.buyerId))) refusals.push(missing('buyerId'));
    if (refusals.length === 0 && actor.kind !== 'AGENCY' && actor.kind !== 'BUYER') {
      refusals.push(
        refusal('NOT_PERMITTED', { message: 'Only the agency or the buyer proposes a contract.' }),
      );
    }
    return refusals;
  }
}

function checkProposal(input: ProposeContractInput): Outcome<CheckedProposal> {
  const { agencyId, buyerId } = input;
  const vertical = parseVertical(input.vertical);
  const terms = validateTerms(input.terms);
  if (vertical !== undefined && terms.ok) return done({ agencyId, buyerId, vertical, terms: terms.value });
  const refusals = terms.ok ? [] : [...terms.refusals];
  if (vertical === undefined) {
    const message = 'The vertical must be 1 to 64 characters without control characters.';
    refusals.unshift(refusal('INVALID_VALUE', { field: ['input', 'vertical'], message }));
  }
  return refused(...refusals);
}

function newContract(
  proposal: CheckedProposal,
  { creditBlockedAt, now }: { readonly creditBlockedAt: Date | null; readonly now: Date },
): Contract {
  return {
    agencyId: proposal.agencyId,
    id: newId(),
    buyerId: proposal.buyerId,
    vertical: proposal.vertical,
    state: 'PROPOSED',
    rowVersion: 1,
    latestVersion: 1,
    inForceVersion: null,
    pausedByOrganizationId: null,
    creditBlockedAt,
    createdAt: now,
    changedAt: now,
  };
}

function firstVersion(actor: Actor, contract: Contract, terms: ContractTerms, now: Date): ContractVersion {
  return proposedVersion(actor, {
    agencyId: contract.agencyId,
    contractId: contract.id,
    version: 1,
    terms,
    now,
  });
}

/** A version as it is proposed: nothing answered, nothing in force. */
export function proposedVersion(
  actor: Actor,
  proposal: {
    readonly agencyId: string;
    readonly contractId: string;
    readonly version: number;
    readonly terms: ContractTerms;
    readonly now: Date;
  },
): ContractVersion {
  const { now, ...rest } = proposal;
  return {
    ...rest,
    state: 'PROPOSED',
    proposedByOrganizationId: actor.organizationId,
    proposedBy: actor.id,
    proposedAt: now,
    answeredBy: null,
    answeredAt: null,
    effectiveFrom: null,
    effectiveTo: null,
  };
}

function missing(field: 'agencyId' | 'buyerId'): Refusal {
  return refusal('NOT_FOUND', { field: ['input', field] });
}
