import { dayMs } from './clock.js';
import { schedule } from './due.js';
import { emit, emitThin } from './events.js';
import { missing } from './failure.js';
import { type AccountRequirement, type ConnectedAccount } from './tables.js';
import { accountView } from './accounts-v1.js';
import { type World } from './world.js';

/** What a new recipient has to tell Stripe before money can be sent there. */
export const openingFields: readonly string[] = [
  'identity.business_details.registered_name',
  'identity.attestations.terms_of_service',
  'payout_methods.bank_account',
];

type NewAccount = Pick<
  ConnectedAccount,
  | 'version'
  | 'type'
  | 'email'
  | 'displayName'
  | 'country'
  | 'entityType'
  | 'currency'
  | 'dashboard'
  | 'feesCollector'
  | 'lossesCollector'
  | 'metadata'
  | 'isRecipient'
  | 'transfersRequested'
>;

/** A new account: nothing is known of it yet, so it cannot receive. */
export function addAccount(world: World, details: NewAccount): ConnectedAccount {
  const row: ConnectedAccount = {
    ...details,
    id: world.store.newId('acct', 16),
    created: world.clock.seconds(),
    transfers: 'restricted',
    requirements: details.transfersRequested ? openingRequirements() : [],
    rejectedFor: null,
    isClosed: false,
  };
  world.store.add('accounts', row);
  if (row.version === 'v2') {
    emitThin(world, 'v2.core.account.created', relatedTo(row));
    if (row.transfersRequested) tellRequirements(world, row);
  }
  return row;
}

function openingRequirements(): readonly AccountRequirement[] {
  return openingFields.map((field) => ({ field, deadline: null, status: 'currently_due', error: null }));
}

export function requestTransfers(world: World, account: ConnectedAccount): ConnectedAccount {
  if (account.transfersRequested) return account;
  const row = world.store.change('accounts', account.id, {
    isRecipient: true,
    transfersRequested: true,
    requirements: openingRequirements(),
  });
  tellRequirements(world, row);
  return row;
}

/** The agency has answered everything: Stripe verifies it, at once or after some seconds of virtual time. */
export function completeAccount(world: World, accountId: string): ConnectedAccount {
  const account = known(world, accountId);
  const { verificationSeconds } = world.settings;
  const requirements = account.requirements.map((entry): AccountRequirement => {
    return { ...entry, status: 'pending_verification', deadline: null, error: null };
  });
  if (verificationSeconds === 0) return verifyAccount(world, accountId);
  const row = become(world, account, { requirements, transfers: 'pending' });
  schedule(world, world.clock.nowMs() + verificationSeconds * 1000, 'verify_account', accountId);
  return row;
}

export function verifyAccount(world: World, accountId: string): ConnectedAccount {
  const account = known(world, accountId);
  if (account.transfers === 'rejected') return account;
  return become(world, account, { requirements: [], transfers: 'active' });
}

export interface Demand {
  readonly account: string;
  readonly fields?: readonly string[];
  /** Days until what is asked is overdue and transfers stop; without it they stop now. */
  readonly dueInDays?: number;
  readonly error?: string;
}

/** Stripe asks an account for more. Without a deadline it cannot receive from now on. */
export function restrictAccount(world: World, { account: id, ...demand }: Demand): ConnectedAccount {
  const account = known(world, id);
  const { fields = ['identity.individual.verification.document'], dueInDays, error = null } = demand;
  const deadline =
    dueInDays === undefined
      ? world.clock.seconds()
      : Math.floor((world.clock.nowMs() + dueInDays * dayMs) / 1000);
  const requirements = fields.map((field): AccountRequirement => {
    return { field, deadline, status: dueInDays === undefined ? 'past_due' : 'currently_due', error };
  });
  if (dueInDays === undefined) {
    return become(world, account, { requirements, transfers: 'restricted' });
  }
  schedule(world, deadline * 1000, 'requirements_due', id);
  return become(world, account, { requirements, transfers: account.transfers });
}

/** What was due and is still open now restricts the account. */
export function requirementsDue(world: World, accountId: string): void {
  const account = known(world, accountId);
  const now = world.clock.seconds();
  const isOverdue = ({ deadline, status }: AccountRequirement) =>
    deadline !== null && deadline <= now && status === 'currently_due';
  if (account.transfers === 'rejected' || !account.requirements.some(isOverdue)) return;
  const requirements = account.requirements.map((entry): AccountRequirement =>
    isOverdue(entry) ? { ...entry, status: 'past_due' } : entry,
  );
  become(world, account, { requirements, transfers: 'restricted' });
}

export function rejectAccount(world: World, accountId: string, reason = 'fraud'): ConnectedAccount {
  const account = world.store.change('accounts', known(world, accountId).id, { rejectedFor: reason });
  return become(world, account, { requirements: [], transfers: 'rejected' });
}

type State = Pick<ConnectedAccount, 'requirements' | 'transfers'>;

function become(world: World, before: ConnectedAccount, state: State): ConnectedAccount {
  const row = world.store.change('accounts', before.id, state);
  tellRequirements(world, row);
  if (before.transfers !== row.transfers) tellCapability(world, row);
  emit(world, 'account.updated', accountView(row), { owner: row.id });
  return row;
}

function tellRequirements(world: World, row: ConnectedAccount): void {
  if (row.version === 'v2') emitThin(world, 'v2.core.account[requirements].updated', relatedTo(row));
}

function tellCapability(world: World, row: ConnectedAccount): void {
  emit(world, 'capability.updated', capabilityView(row), { owner: row.id });
  if (row.version === 'v1') return;
  emitThin(world, 'v2.core.account[configuration.recipient].capability_status_updated', relatedTo(row), {
    updated_capability: 'stripe_balance.stripe_transfers',
  });
}

/** The transfers capability as v1 shows it. */
export function capabilityView(row: ConnectedAccount) {
  return {
    id: 'transfers',
    object: 'capability' as const,
    account: row.id,
    requested: row.transfersRequested,
    requested_at: row.transfersRequested ? row.created : null,
    status: row.transfersRequested ? (row.transfers === 'active' ? 'active' : 'inactive') : 'unrequested',
  };
}

export function relatedTo(row: ConnectedAccount) {
  return { id: row.id, type: 'v2.core.account', url: `/v2/core/accounts/${row.id}` };
}

function known(world: World, accountId: string): ConnectedAccount {
  const row = world.store.get('accounts', accountId);
  if (!row) throw missing('account', accountId);
  return row;
}
