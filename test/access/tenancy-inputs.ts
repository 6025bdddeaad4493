/** Valid values for whatever the schema asks for, by the name of the field; ids come from the caller. */
import {
  getNamedType,
  getNullableType,
  type GraphQLInputType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
} from 'graphql';
import { newId } from '#database';
import { encodeId, type IdPrefix } from '../../apps/api/src/graphql/ids.js';
import type { RootField } from '../support/gql-schema.js';
import { billingPrefixes, billingQueries } from './tenancy-billing-inputs.js';
import { paymentPrefixes, paymentValues } from './tenancy-payment-inputs.js';
import { payoutQueries } from './tenancy-payouts.js';
import { handoverPlaces, handoverPrefixes, handoverValues } from './tenancy-handover-inputs.js';
import { importPrefixes, importQueries, importValues } from './tenancy-import-inputs.js';
import { offerPrefixes } from './tenancy-offer-inputs.js';
import { personPrefixes, personQueries, personValues } from './tenancy-person-inputs.js';
import { routePrefixes, routeQueries, routeValues } from './tenancy-route-inputs.js';
import { webhookPrefixes, webhookValues } from './tenancy-webhook-inputs.js';
import type { Arguments, Place } from './tenancy-schema.js';

export const terms = {
  baseRate: { amount: '10.00', currency: 'USD' },
  commissionBasis: 'PER_DEAL',
  commissionRatePpm: 200_000,
  commissionTrigger: 'CONVERTED',
  timeZone: 'UTC',
  settlementSchedule: 'DAILY',
  platformFeeRatePpm: 50_000,
};

const prefixOfName: Readonly<Record<string, IdPrefix>> = {
  agencyId: 'org',
  buyerId: 'org',
  organizationId: 'org',
  userId: 'user',
  keyId: 'key',
  contractId: 'ctr',
  leadId: 'lead',
  dealId: 'deal',
  returnId: 'ret',
  settlementId: 'stl',
  ...paymentPrefixes,
  ...billingPrefixes,
  ...webhookPrefixes,
  ...routePrefixes,
  ...personPrefixes,
  ...importPrefixes,
  ...handoverPrefixes,
  ...offerPrefixes,
};
const prefixOfQuery: Readonly<Record<string, IdPrefix>> = {
  contract: 'ctr',
  deal: 'deal',
  lead: 'lead',
  return: 'ret',
  settlement: 'stl',
  ...payoutQueries,
  ...billingQueries,
  ...routeQueries,
  ...personQueries,
  ...importQueries,
};

/** The kinds of object whose ids the place takes; none when it does not say: a new input must be added above. */
export function prefixesAt({ field, name }: Place, all: readonly IdPrefix[]): readonly IdPrefix[] {
  if (field.name === 'node' || field.name === 'nodes') return all;
  const own = handoverPlaces[field.name];
  if (own) return [own];
  const prefix = name === 'id' ? prefixOfQuery[field.name] : prefixOfName[name];
  return prefix === undefined ? [] : [prefix];
}

export const nobody = (prefix: IdPrefix): string => encodeId(prefix, newId());

const byName: Readonly<Record<string, () => unknown>> = {
  idempotencyKey: newId,
  externalId: newId,
  email: () => `${newId()}@people.example`,
  password: () => 'a long password',
  terms: () => terms,
  baseRate: () => terms.baseRate,
  amount: () => ({ amount: '2000.00', currency: 'USD' }),
  cost: () => ({ amount: '4.00', currency: 'USD' }),
  vertical: () => 'solar',
  timeZone: () => 'UTC',
  country: () => 'US',
  contact: () => ({ email: `${newId()}@people.example` }),
  leads: () => [{ externalId: newId(), vertical: 'solar', contact: { email: `${newId()}@people.example` } }],
  outcome: () => ({ stage: { stage: 'CONTACTED' } }),
  roles: () => ['MEMBER'],
  name: () => 'made for a test',
  decision: () => 'DENY',
  note: () => 'a note',
  reason: () => 'a reason',
  version: () => 1,
  currency: () => 'USD',
  ...paymentValues,
  ...webhookValues,
  ...routeValues,
  ...personValues,
  ...importValues,
  ...handoverValues,
  // Already past: the clock stays where it is.
  to: () => '2020-01-01T00:00:00Z',
  periodStart: () => '2020-01-01',
  periodEnd: () => '2020-02-01',
};
const byType: Readonly<Record<string, unknown>> = {
  String: 'text',
  Int: 1,
  Boolean: false,
  Decimal: '1.00',
  CurrencyCode: 'USD',
  Date: '2020-01-01',
  DateTime: '2020-01-01T00:00:00Z',
};

/** Known by the name of the field where it matters, otherwise whatever the type allows. Optional fields are left out, but notes and ids. */
export function least(name: string, type: GraphQLInputType, ids: Arguments = {}): unknown {
  const given = getNullableType(type);
  if (name in ids) return ids[name];
  const named = getNamedType(given);
  if (isEnumType(named) && !isListType(given) && name === 'reason') return named.getValues()[0]?.name;
  const known = byName[name]?.();
  // A name may mean a text in one place and an object in another.
  const fits =
    known !== undefined && isInputObjectType(given) === (typeof known === 'object' && !Array.isArray(known));
  if (fits && !(isInputObjectType(given) && name === 'input') && !isMoneyPart(name, named.name)) return known;
  if (isListType(given)) return [];
  if (isEnumType(given)) return name === 'stage' ? 'CONTACTED' : given.getValues()[0]?.name;
  if (!isInputObjectType(given)) return byType[named.name];
  const fields = Object.values(given.getFields());
  const needed = given.isOneOf
    ? fields.slice(0, 1)
    : fields.filter(
        (field) =>
          (isNonNullType(field.type) && field.defaultValue === undefined) ||
          field.name === 'note' ||
          field.name in ids,
      );
  return Object.fromEntries(needed.map((field) => [field.name, least(field.name, field.type, ids)]));
}

const isMoneyPart = (name: string, typeName: string): boolean => name === 'amount' && typeName === 'Decimal';

/** Valid arguments for a root field; `ids` has an id by the name of each input that takes one. */
export function validArguments({ field }: RootField, ids: Arguments): Record<string, unknown> {
  const wanted = field.args.filter(
    ({ type, name, defaultValue }) => (isNonNullType(type) && defaultValue === undefined) || name in ids,
  );
  const args = Object.fromEntries(wanted.map(({ name, type }) => [name, least(name, type, ids)]));
  // A ping tells nothing of the person.
  if (field.name === 'pingLead') args['input'] = { ...(args['input'] as object), contact: { country: 'US' } };
  // Such an input stands for a URL wherever it is given alone.
  if (field.name === 'setPingAddress')
    args['input'] = { ...(args['input'] as object), url: 'http://127.0.0.1:9/' };
  return args;
}
