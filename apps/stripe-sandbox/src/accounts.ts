import type { Stripe } from 'stripe';
import { addAccount, capabilityView, rejectAccount, requestTransfers } from './account-state.js';
import { accountView } from './accounts-v1.js';
import { emit } from './events.js';
import { invalid, missing, missingParam } from './failure.js';
import { pageOf } from './lists.js';
import { schemas } from './schemas.js';
import { platformId, type ConnectedAccount } from './tables.js';
import { mergeMetadata, route, type Call, type Route, type World } from './world.js';

const currencies: Readonly<Record<string, string>> = {
  US: 'usd',
  GB: 'gbp',
  CA: 'cad',
  AU: 'aud',
  JP: 'jpy',
};
const linkMinutes = 5;

/** What an account of this country is paid in, unless told. */
export function currencyOf(country: string): string {
  return currencies[country] ?? 'eur';
}

export function accountRow({ world, path }: Pick<Call<object>, 'world' | 'path'>): ConnectedAccount {
  const row = world.store.get('accounts', path['id'] ?? '');
  if (!row || row.isClosed) throw missing('account', path['id'] ?? '');
  return row;
}

function create({ world, params }: Call<Stripe.AccountCreateParams>): Stripe.Account {
  const country = params.country ?? 'US';
  const row = addAccount(world, {
    version: 'v1',
    type: (params.type ?? 'none') as ConnectedAccount['type'],
    email: params.email ?? null,
    displayName: null,
    country,
    entityType: params.business_type ?? null,
    currency: params.default_currency ?? currencyOf(country),
    dashboard: params.type === 'standard' ? 'full' : params.type === 'custom' ? 'none' : 'express',
    feesCollector: 'application',
    lossesCollector: params.controller?.losses?.payments ?? 'application',
    metadata: mergeMetadata(null, params.metadata),
    isRecipient: true,
    transfersRequested: params.capabilities?.transfers?.requested === true,
  });
  return accountView(row);
}

function update(call: Call<Stripe.AccountUpdateParams>): Stripe.Account {
  const { world, params } = call;
  const before = accountRow(call);
  let row = world.store.change('accounts', before.id, {
    ...(params.email !== undefined && { email: params.email }),
    ...(params.metadata !== undefined && { metadata: mergeMetadata(before.metadata, params.metadata) }),
  });
  if (params.capabilities?.transfers?.requested === true) row = requestTransfers(world, row);
  emit(world, 'account.updated', accountView(row), { owner: row.id });
  return accountView(row);
}

function list({ world, params }: Call<Stripe.AccountListParams>) {
  const rows = world.store.all('accounts').filter((row) => !row.isClosed);
  return pageOf(rows.map(accountView).toReversed(), params, '/v1/accounts');
}

function platformAccount(world: World): Stripe.Account {
  const row: ConnectedAccount = {
    id: platformId,
    created: world.clock.seconds(),
    version: 'v1',
    type: 'standard',
    email: 'operator@example.com',
    displayName: 'Sandbox operator',
    country: 'US',
    entityType: 'company',
    currency: 'usd',
    dashboard: 'full',
    feesCollector: 'stripe',
    lossesCollector: 'stripe',
    metadata: {},
    isRecipient: true,
    transfersRequested: true,
    transfers: 'active',
    requirements: [],
    rejectedFor: null,
    isClosed: false,
  };
  return accountView(row);
}

function remove(call: Call<object>): Stripe.DeletedAccount {
  const { id } = accountRow(call);
  call.world.store.change('accounts', id, { isClosed: true, transfers: 'restricted' });
  return { id, object: 'account', deleted: true };
}

function link({ world, params }: Call<Stripe.AccountLinkCreateParams>): Stripe.AccountLink {
  if (!world.store.get('accounts', params.account)) {
    throw missingParam('account', params.account, 'account');
  }
  if (params.type === 'account_onboarding' && (!params.refresh_url || !params.return_url)) {
    throw invalid('Missing required param: return_url.', {
      param: 'return_url',
      code: 'parameter_missing',
    });
  }
  const created = world.clock.seconds();
  return {
    object: 'account_link',
    created,
    expires_at: created + linkMinutes * 60,
    url: onboardingUrl(world, params.account, params.return_url, params.refresh_url),
  } satisfies Stripe.AccountLink;
}

/** A page that can be opened once, for some minutes. */
export function onboardingUrl(world: World, account: string, returnUrl = '', refreshUrl = ''): string {
  const id = world.store.newId('alink');
  const expiresAt = world.clock.nowMs() + linkMinutes * 60_000;
  const value = JSON.stringify({ account, returnUrl, refreshUrl, expiresAt });
  world.store.add('meta', { id, value });
  return `${world.url}/onboarding/${id}`;
}

export const accountRoutes: readonly Route[] = [
  route('POST', '/v1/accounts', schemas.accounts['create'], create),
  route('GET', '/v1/accounts', schemas.accounts['list'], list),
  route('GET', '/v1/account', null, ({ world, account }) => {
    const row = world.store.get('accounts', account);
    return row ? accountView(row) : platformAccount(world);
  }),
  route('GET', '/v1/accounts/:id', null, (call) =>
    call.path['id'] === platformId ? platformAccount(call.world) : accountView(accountRow(call)),
  ),
  route('POST', '/v1/accounts/:id', schemas.accounts['update'], update),
  route('DELETE', '/v1/accounts/:id', null, remove),
  route<Stripe.AccountRejectParams>('POST', '/v1/accounts/:id/reject', schemas.accounts['reject'], (call) =>
    accountView(rejectAccount(call.world, accountRow(call).id, call.params.reason)),
  ),
  route('GET', '/v1/accounts/:id/capabilities/transfers', null, (call) => capabilityView(accountRow(call))),
  route('POST', '/v1/account_links', schemas.accounts['link'], link),
];
