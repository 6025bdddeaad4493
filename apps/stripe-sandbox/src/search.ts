import type { Stripe } from 'stripe';
import { invalid } from './failure.js';
import { type Call } from './world.js';

interface Clause {
  readonly field: string;
  readonly key: string | undefined;
  readonly value: string;
}

const clausePattern = /^\s*(\w+)(?:\[(?:'|")([^'"]+)(?:'|")\])?\s*:\s*(?:'|")?([^'"]*)(?:'|")?\s*$/;
const fields = ['amount', 'currency', 'customer', 'metadata', 'status'];

/** The part of Stripe's query language that looks intents up: `metadata['key']:'value' AND status:'succeeded'`. */
export function searchIntents(call: Call<Stripe.PaymentIntentSearchParams>): unknown {
  const { world, params, account } = call;
  const clauses = params.query.split(/\s+AND\s+/i).map(clauseOf);
  const indexedUpTo = world.clock.seconds() - world.settings.searchLagSeconds;
  const found = world.store
    .all('payment_intents')
    .filter((row) => world.store.ownerOf(row.id) === account && row.created <= indexedUpTo)
    .filter((row) => clauses.every((clause) => fits(row, clause)))
    .toReversed();
  const start = Number(params.page ?? 0);
  const limit = params.limit ?? 10;
  const hasMore = start + limit < found.length;
  return {
    object: 'search_result',
    data: found.slice(start, start + limit),
    has_more: hasMore,
    next_page: hasMore ? String(start + limit) : null,
    url: '/v1/payment_intents/search',
  };
}

function clauseOf(text: string): Clause {
  const [, field = '', key, value = ''] = clausePattern.exec(text) ?? [];
  if (!fields.includes(field)) {
    throw invalid(`Field \`${field || text}\` is an unsupported search field.`, { param: 'query' });
  }
  return { field, key, value };
}

function fits(row: Stripe.PaymentIntent, { field, key, value }: Clause): boolean {
  if (field === 'metadata') return key !== undefined && row.metadata[key] === value;
  return String(row[field as 'status']) === value;
}
