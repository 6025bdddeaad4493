import type { Actor } from '#organizations';
import { type Outcome, done, refuse } from '#outcome';
import type { ContractTerms } from './terms.js';

/** Every state of a contract; what leads from one to another is in {@link contractTransitions}. */
export const contractStates = ['DRAFT', 'PROPOSED', 'ACTIVE', 'PAUSED', 'EXPIRED', 'TERMINATED'] as const;
export type ContractState = (typeof contractStates)[number];

/** Every state of a contract's version. */
export const contractVersionStates = ['PROPOSED', 'IN_FORCE', 'SUPERSEDED', 'DECLINED'] as const;
export type ContractVersionState = (typeof contractVersionStates)[number];

/** What the sides, or the operator, can do to a contract. */
export type ContractAct = 'propose' | 'accept' | 'decline' | 'pause' | 'resume' | 'terminate';

/**
 * Every change of a contract's state; an act that a state does not list is refused. Accepting new terms does not end a
 * pause: whoever paused meant deliveries, not terms. Nothing leaves EXPIRED and TERMINATED.
 */
export const contractTransitions: Readonly<
  Record<ContractState, Readonly<Partial<Record<ContractAct, ContractState>>>>
> = {
  DRAFT: { propose: 'PROPOSED', terminate: 'TERMINATED' },
  PROPOSED: { accept: 'ACTIVE', decline: 'DRAFT', terminate: 'TERMINATED' },
  ACTIVE: {
    propose: 'ACTIVE',
    accept: 'ACTIVE',
    decline: 'ACTIVE',
    pause: 'PAUSED',
    terminate: 'TERMINATED',
  },
  PAUSED: {
    propose: 'PAUSED',
    accept: 'PAUSED',
    decline: 'PAUSED',
    resume: 'ACTIVE',
    terminate: 'TERMINATED',
  },
  EXPIRED: {},
  TERMINATED: {},
};

/** Every change of a version's state. Only a proposal can be answered; a version in force ends when another begins. */
export const contractVersionTransitions: Readonly<
  Record<ContractVersionState, readonly ContractVersionState[]>
> = {
  PROPOSED: ['IN_FORCE', 'DECLINED'],
  IN_FORCE: ['SUPERSEDED'],
  SUPERSEDED: [],
  DECLINED: [],
};

/** An agreement between one agency and one buyer about leads of one vertical; its terms are in its versions. */
export interface Contract {
  readonly agencyId: string;
  readonly id: string;
  readonly buyerId: string;
  readonly vertical: string;
  readonly state: ContractState;
  /** Counts every change of the contract; callers name it as `expectedVersion`. */
  readonly rowVersion: number;
  readonly latestVersion: number;
  /** Null until a version was accepted. */
  readonly inForceVersion: number | null;
  /** Who paused it and so may resume it; null unless it is paused. */
  readonly pausedByOrganizationId: string | null;
  /** Since when its buyer's balance is used up, so that it takes no live leads; null while it is not. */
  readonly creditBlockedAt: Date | null;
  readonly createdAt: Date;
  readonly changedAt: Date;
}

/** Immutable terms, and when they were in force: from `effectiveFrom` up to, but not including, `effectiveTo`. */
export interface ContractVersion {
  readonly agencyId: string;
  readonly contractId: string;
  readonly version: number;
  readonly state: ContractVersionState;
  readonly terms: ContractTerms;
  readonly proposedByOrganizationId: string;
  /** Id of the actor. */
  readonly proposedBy: string;
  readonly proposedAt: Date;
  readonly answeredBy: string | null;
  readonly answeredAt: Date | null;
  readonly effectiveFrom: Date | null;
  readonly effectiveTo: Date | null;
}

/** What the decisions need to know of a contract. */
export interface ContractStanding extends Pick<
  Contract,
  'agencyId' | 'buyerId' | 'state' | 'rowVersion' | 'latestVersion' | 'pausedByOrganizationId'
> {
  /** The version that waits for an answer. */
  readonly pending: PendingVersion | null;
}

export interface PendingVersion {
  readonly version: number;
  readonly proposedByOrganizationId: string;
}

type Party = Pick<Actor, 'kind' | 'organizationId'>;

/** Whether the actor's organization is one of the two sides of the contract. */
export function isParty(actor: Party, contract: Pick<ContractStanding, 'agencyId' | 'buyerId'>): boolean {
  return (
    (actor.kind === 'AGENCY' && actor.organizationId === contract.agencyId) ||
    (actor.kind === 'BUYER' && actor.organizationId === contract.buyerId)
  );
}

/**
 * Whether the actor may propose the next version, and its number. Refuses NOT_FOUND for strangers to the contract,
 * ILLEGAL_TRANSITION, VERSION_PENDING.
 */
export function decideNewVersion(
  actor: Party,
  contract: ContractStanding,
): Outcome<{ state: ContractState; version: number }> {
  if (!isParty(actor, contract)) return notFound();
  // Before the table: a PROPOSED contract refuses because its first version waits, and the caller should learn that.
  if (contract.pending !== null) {
    return refuse('VERSION_PENDING', { field: ['input', 'contractId'] });
  }
  const next = decideState(contract, 'propose');
  return next.ok ? done({ state: next.value, version: contract.latestVersion + 1 }) : next;
}

/**
 * Whether the actor may accept or decline the version. Refuses NOT_FOUND for strangers and for a version that was never
 * proposed, ILLEGAL_TRANSITION for one that was answered, OWN_PROPOSAL for the side that proposed it.
 */
export function decideAnswer(
  actor: Party,
  contract: ContractStanding,
  answer: { readonly act: 'accept' | 'decline'; readonly version: number },
): Outcome<ContractState> {
  if (!isParty(actor, contract)) return notFound();
  if (answer.version < 1 || answer.version > contract.latestVersion) {
    return refuse('NOT_FOUND', { field: ['input', 'version'] });
  }
  const next = decideState(contract, answer.act);
  if (!next.ok) return next;
  if (contract.pending === null || contract.pending.version !== answer.version) {
    return refuse('ILLEGAL_TRANSITION', {
      field: ['input', 'version'],
      message: 'This version is not waiting for an answer.',
      data: { allowed: contract.pending === null ? [] : [`version ${contract.pending.version}`] },
    });
  }
  if (contract.pending.proposedByOrganizationId === actor.organizationId) {
    return refuse('OWN_PROPOSAL', { field: ['input', 'version'] });
  }
  return next;
}

/**
 * Whether the actor may pause, resume or terminate; either side may, and the operator. A pause is ended by whoever made
 * it, or by the operator. Refuses NOT_FOUND for strangers, ILLEGAL_TRANSITION with the acts that the state allows, and
 * NOT_PERMITTED to the side that did not pause.
 */
export function decideManaging(
  actor: Party,
  contract: ContractStanding,
  act: 'pause' | 'resume' | 'terminate',
): Outcome<ContractState> {
  const isOperator = actor.kind === 'OPERATOR' || actor.kind === 'SYSTEM';
  if (!isOperator && !isParty(actor, contract)) return notFound();
  const next = decideState(contract, act);
  const isPauser = actor.organizationId === contract.pausedByOrganizationId;
  if (next.ok && act === 'resume' && !isOperator && !isPauser) {
    return refuse('NOT_PERMITTED', {
      field: ['input', 'contractId'],
      message: 'The contract was paused by the other side or by the operator, who must resume it.',
    });
  }
  return next;
}

/** Refuses STALE_VERSION, with the current one, when the caller read another version of the contract than there is. */
export function checkExpectedVersion(
  contract: Pick<ContractStanding, 'rowVersion'>,
  expectedVersion: number | null | undefined,
): Outcome<null> {
  if (expectedVersion === null || expectedVersion === undefined || expectedVersion === contract.rowVersion) {
    return done(null);
  }
  return refuse('STALE_VERSION', {
    field: ['input', 'expectedVersion'],
    data: { currentVersion: contract.rowVersion },
  });
}

/** What the state allows, for a caller who asked for something else. */
export function allowedActs(state: ContractState): readonly ContractAct[] {
  return Object.keys(contractTransitions[state]) as ContractAct[];
}

function decideState(contract: ContractStanding, act: ContractAct): Outcome<ContractState> {
  const next = contractTransitions[contract.state][act];
  if (next !== undefined) return done(next);
  return refuse('ILLEGAL_TRANSITION', {
    field: ['input', 'contractId'],
    data: { allowed: allowedActs(contract.state) },
  });
}

function notFound(): Outcome<never> {
  return refuse('NOT_FOUND', { field: ['input', 'contractId'] });
}
