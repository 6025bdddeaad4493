import type { Stripe } from 'stripe';
import { addAccount, relatedTo, requestTransfers } from './account-state.js';
import { accountRow, currencyOf, onboardingUrl } from './accounts.js';
import { emitThin } from './events.js';
import { Failure } from './failure.js';
import { schemas } from './schemas.js';
import { type AccountRequirement, type ConnectedAccount } from './tables.js';
import { mergeMetadata, route, type Call, type Route } from './world.js';

type Transfers = Stripe.V2.Core.Account.Configuration.Recipient.Capabilities.StripeBalance.StripeTransfers;

/** An account in the words of v2; what is not asked for by `include` is not told. */
function view(row: ConnectedAccount, include: readonly string[] = []): Stripe.V2.Core.Account {
  const shows = (part: string) => include.includes(part);
  return {
    id: row.id,
    object: 'v2.core.account',
    applied_configurations: row.isRecipient ? ['recipient'] : [],
    closed: row.isClosed,
    ...(shows('configuration.recipient') && row.isRecipient && { configuration: configuration(row) }),
    ...(row.email !== null && { contact_email: row.email }),
    created: new Date(row.created * 1000).toISOString(),
    dashboard: row.dashboard,
    ...(shows('defaults') && { defaults: defaults(row) }),
    ...(row.displayName !== null && { display_name: row.displayName }),
    ...(shows('identity') && {
      identity: { country: row.country, ...(row.entityType !== null && { entity_type: row.entityType }) },
    }),
    livemode: false,
    metadata: row.metadata as Stripe.Metadata,
    ...(shows('requirements') && { requirements: requirements(row) }),
  } as Stripe.V2.Core.Account satisfies Stripe.V2.Core.Account;
}

function configuration(row: ConnectedAccount): Stripe.V2.Core.Account.Configuration {
  if (!row.transfersRequested) return { recipient: { applied: true } };
  const transfers: Transfers = { status: row.transfers, status_details: statusDetails(row) };
  return {
    recipient: {
      applied: true,
      // What is transferred goes on to the bank by the same right.
      capabilities: { stripe_balance: { payouts: transfers, stripe_transfers: transfers } },
    },
  };
}

function statusDetails(row: ConnectedAccount): Transfers['status_details'] {
  if (row.transfers === 'active') return [];
  if (row.transfers === 'pending') return [{ code: 'determining_status', resolution: 'no_resolution' }];
  if (row.transfers === 'rejected') {
    const code = row.rejectedFor === 'fraud' ? 'rejected_fraud' : 'rejected_other';
    return [{ code, resolution: 'contact_stripe' }];
  }
  return [{ code: 'requirements_past_due', resolution: 'provide_info' }];
}

function defaults(row: ConnectedAccount): Stripe.V2.Core.Account.Defaults {
  return {
    currency: row.currency,
    responsibilities: {
      fees_collector: row.feesCollector as 'application',
      losses_collector: row.lossesCollector as 'application',
      requirements_collector: 'stripe',
    },
  };
}

function requirements(row: ConnectedAccount): Stripe.V2.Core.Account.Requirements {
  const entries = row.requirements.map((entry) => requirementView(row, entry));
  const order = ['past_due', 'currently_due', 'eventually_due'] as const;
  const worst = order.find((status) => entries.some((entry) => entry.minimum_deadline.status === status));
  const deadlines = row.requirements.flatMap(({ deadline }) => (deadline === null ? [] : [deadline]));
  const time = deadlines.length > 0 ? new Date(Math.min(...deadlines) * 1000).toISOString() : undefined;
  return {
    entries,
    ...(worst !== undefined && {
      summary: { minimum_deadline: { status: worst, ...(time !== undefined && { time }) } },
    }),
  };
}

function requirementView(
  row: ConnectedAccount,
  { field, status, error }: AccountRequirement,
): Stripe.V2.Core.Account.Requirements.Entry {
  const isOurs = status !== 'pending_verification';
  const deadline = isOurs ? status : 'eventually_due';
  return {
    awaiting_action_from: isOurs ? 'user' : 'stripe',
    description: field,
    errors: error === null ? [] : [{ code: 'verification_failed_other', description: error }],
    impact: {
      restricts_capabilities: [
        {
          capability: 'stripe_balance.stripe_transfers',
          configuration: 'recipient',
          deadline: { status: deadline },
        },
      ],
    },
    minimum_deadline: { status: deadline },
    requested_reasons: [{ code: row.transfers === 'active' ? 'routine_verification' : 'routine_onboarding' }],
  };
}

function wantsTransfers(params: Stripe.V2.Core.AccountCreateParams): boolean {
  const balance = params.configuration?.recipient?.capabilities?.stripe_balance;
  return balance?.stripe_transfers?.requested === true;
}

function create({ world, params }: Call<Stripe.V2.Core.AccountCreateParams>) {
  const country = (params.identity?.country ?? 'us').toUpperCase();
  const isRecipient = params.configuration?.recipient !== undefined;
  if (isRecipient && params.defaults?.responsibilities === undefined && params.dashboard === undefined) {
    throw badField('defaults.responsibilities', 'is required for accounts that receive');
  }
  const row = addAccount(world, {
    version: 'v2',
    type: 'none',
    email: params.contact_email ?? null,
    displayName: params.display_name ?? null,
    country,
    entityType: params.identity?.entity_type ?? null,
    currency: params.defaults?.currency ?? currencyOf(country),
    dashboard: (params.dashboard ?? 'express') as ConnectedAccount['dashboard'],
    feesCollector: params.defaults?.responsibilities?.fees_collector ?? 'application',
    lossesCollector: params.defaults?.responsibilities?.losses_collector ?? 'application',
    metadata: mergeMetadata(null, params.metadata),
    isRecipient,
    transfersRequested: wantsTransfers(params),
  });
  return view(row, params.include);
}

function badField(field: string, problem: string): Failure {
  return new Failure(400, { code: 'invalid_fields', message: `${field} ${problem}`, param: field });
}

function update(call: Call<Stripe.V2.Core.AccountUpdateParams>) {
  const { world, params } = call;
  const before = accountRow(call);
  let row = world.store.change('accounts', before.id, {
    ...(params.contact_email !== undefined && { email: params.contact_email }),
    ...(params.display_name !== undefined && { displayName: params.display_name }),
    ...(params.metadata !== undefined && { metadata: mergeMetadata(before.metadata, params.metadata) }),
  });
  const balance = params.configuration?.recipient?.capabilities?.stripe_balance;
  if (balance?.stripe_transfers?.requested === true) row = requestTransfers(world, row);
  emitThin(world, 'v2.core.account.updated', relatedTo(row));
  return view(row, params.include);
}

/** The SDK follows `next_page_url` as it is. */
type ListParams = Stripe.V2.Core.AccountListParams & { readonly page?: string };

function list({ world, params }: Call<ListParams>) {
  const { closed = false, applied_configurations: configurations = [], limit = 20, page } = params;
  if (limit < 1 || limit > 100) throw badField('limit', 'must be between 1 and 100');
  const wantsOthers = configurations.some((name) => name !== 'recipient');
  const rows = world.store
    .all('accounts')
    .filter((row) => row.isClosed === closed && !wantsOthers)
    .filter((row) => configurations.length === 0 || row.isRecipient)
    .toReversed();
  const start = page === undefined ? 0 : Number(page);
  const next = new URLSearchParams({ limit: String(limit), page: String(start + limit) });
  if (params.closed !== undefined) next.set('closed', String(closed));
  configurations.forEach((name, index) => next.set(`applied_configurations[${index}]`, name));
  return {
    data: rows.slice(start, start + limit).map((row) => view(row)),
    next_page_url: start + limit < rows.length ? `/v2/core/accounts?${next}` : null,
    previous_page_url: null,
  };
}

function close(call: Call<object>) {
  const row = call.world.store.change('accounts', accountRow(call).id, {
    isClosed: true,
    transfers: 'restricted',
  });
  emitThin(call.world, 'v2.core.account.closed', relatedTo(row));
  return view(row);
}

function link({ world, params }: Call<Stripe.V2.Core.AccountLinkCreateParams>) {
  if (!world.store.get('accounts', params.account)) throw badField('account', 'does not exist');
  const flow = params.use_case.account_onboarding ?? params.use_case.account_update;
  if (flow === undefined) throw badField('use_case', 'says no flow');
  const now = world.clock.nowMs();
  return {
    object: 'v2.core.account_link',
    account: params.account,
    created: new Date(now).toISOString(),
    expires_at: new Date(now + 5 * 60_000).toISOString(),
    livemode: false,
    url: onboardingUrl(world, params.account, flow.return_url, flow.refresh_url),
    use_case: params.use_case as Stripe.V2.Core.AccountLink.UseCase,
  } satisfies Stripe.V2.Core.AccountLink;
}

export const v2AccountRoutes: readonly Route[] = [
  route('POST', '/v2/core/accounts', schemas.v2Core['createAccount'], create),
  route('GET', '/v2/core/accounts', schemas.v2Core['listAccounts'], list),
  route<Stripe.V2.Core.AccountRetrieveParams>(
    'GET',
    '/v2/core/accounts/:id',
    schemas.v2Core['retrieveAccount'],
    (call) => view(accountRow(call), call.params.include),
  ),
  route('POST', '/v2/core/accounts/:id', schemas.v2Core['updateAccount'], update),
  route('POST', '/v2/core/accounts/:id/close', schemas.v2Core['retrieveAccount'], close),
  route('POST', '/v2/core/account_links', schemas.v2Core['createAccountLink'], link),
];
