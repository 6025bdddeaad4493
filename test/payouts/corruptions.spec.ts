/** Each rule of payouts finds what breaks it. */
import { newId } from '#database';
import { bookAccount, type NewPosting, postJournals, runInvariants } from '#ledger';
import { payoutInvariants } from '#payouts';
import { dayMs, type Market, openMarket } from './market.js';

let market: Market;
let agencyId: string;

// One statement is paid, of which a part was taken back; one is held; what a deal brought is owed.
beforeAll(async () => {
  market = await openMarket({ funds: 500_000 });
  market.sandbox.control.setSettings({ automaticPayouts: false });
  agencyId = await market.agency();
  const reversing = { clawbackMethod: 'TRANSFER_REVERSAL' } as const;
  const contract = await market.contract(agencyId, await market.buyer(), reversing);
  const delivered = await market.deliver(contract);
  const deal = await market.win(delivered, 200_000n);
  await market.closeDay();
  await market.pass(16 * dayMs);
  await market.refundDeal(delivered, deal);
  await market.pump();
  await market.deliver(contract);
  await market.closeDay();
  await market.pump();
  expect(await broken()).toEqual([]);
});
afterAll(() => market.stop());

async function broken(): Promise<readonly string[]> {
  const results = await runInvariants(market.database, payoutInvariants);
  return [...new Set(results.filter(({ holds }) => !holds).map(({ name }) => name))];
}

/** What is broken while this holds; it is undone then. */
async function brokenBy(statement: string): Promise<readonly string[]> {
  const runner = market.database.dataSource.createQueryRunner();
  await runner.connect();
  await runner.startTransaction();
  try {
    await runner.query(statement);
    const found = new Set<string>();
    for (const { name, sql } of payoutInvariants) {
      if (((await runner.query(sql)) as unknown[]).length > 0) found.add(name);
    }
    return [...found];
  } finally {
    await runner.rollbackTransaction();
    await runner.release();
  }
}

it.each([
  [
    'a payout that is reversed more than its reversals say',
    `update payouts set reversed_minor = reversed_minor - 1 where reversed_minor > 0`,
    ['I8', 'I14'],
  ],
  [
    'a reversal that is booked otherwise',
    `update transfer_reversals set owed_minor = owed_minor - 1`,
    ['I14'],
  ],
  [
    'a settlement that is paid, and nothing was sent',
    `update settlements set state = 'PAID' where state = 'HOLDING'`,
    ['I9', 'I16'],
  ],
  [
    'a settlement on its way that is not released',
    `update settlements set state = 'TRANSFERRING' where state = 'HOLDING'`,
    ['I9', 'I16'],
  ],
  ['a round that is paid without a payout', `delete from payout_settlements`, ['I16']],
  [
    'a round that released something else',
    `update holds set released_minor = released_minor - 1 where released_minor > 0`,
    ['I9', 'I16'],
  ],
  [
    'a round that is undone and has no other',
    `update holds set undone_at = paid_at, paid_at = null where paid_at is not null`,
    ['I16'],
  ],
  [
    'a payout of another amount',
    `update payouts set amount_minor = amount_minor + 1, carried_minor = carried_minor + 1 where state = 'SUCCEEDED'`,
    ['I8', 'I16'],
  ],
  [
    'a payout that was never booked',
    `update payouts set netted_minor = 1, carried_minor = 1 where state = 'SUCCEEDED'`,
    ['I16'],
  ],
  [
    'a payout that failed and is not booked so',
    `update payouts set state = 'FAILED', failure_code = 'x', retry_at = now(), provider_transfer_id = null, funds_id = null, reversed_minor = 0 where state = 'SUCCEEDED'`,
    ['I8', 'I14', 'I16'],
  ],
])('%s', async (_, statement, expected) => {
  expect(await brokenBy(statement)).toEqual(expected);
});

it('money that is held for nobody, and money that an agency did not earn', async () => {
  const moved = async (postings: readonly NewPosting[], undone = false): Promise<void> => {
    const id = newId();
    await market.unitOfWork.run(async (tx) =>
      postJournals(tx, { id: 'system:test' }, market.now(), [
        {
          ...{ bookId: agencyId, id, kind: 'test', source: 'test:1', idempotencyKey: `test:${id}:${undone}` },
          ...{ currency: 'USD', effectiveAt: market.now(), reverses: null, postings },
        },
      ]),
    );
  };
  const posting = (debit: 'goodwill' | 'held', credit: 'goodwill' | 'held'): NewPosting[] => [
    { debit: bookAccount(debit), credit: bookAccount(credit), amountMinor: 1n },
  ];
  await moved(posting('goodwill', 'held'));
  expect(await broken()).toEqual(['I8', 'I9']);
  await moved(posting('held', 'goodwill'), true);
  expect(await broken()).toEqual([]);
});

it('the database itself refuses what can be refused', async () => {
  const refusals: readonly (readonly [string, string])[] = [
    ['payouts_sum_check', 'update payouts set amount_minor = amount_minor + 1 where amount_minor > 0'],
    ['payouts_reversed_check', 'update payouts set reversed_minor = amount_minor + 1'],
    ['payouts_transfer_check', `update payouts set funds_id = null where state = 'SUCCEEDED'`],
    [
      'holds_released_check',
      'update holds set released_minor = amount_minor + 1 where released_at is not null',
    ],
    ['holds_release_check', 'update holds set released_minor = null where released_at is not null'],
    ['holds_four_eyes_check', `update holds set overridden_by = 'user:a', override_approved_by = 'user:a'`],
    ['holds_four_eyes_check', `update holds set overridden_by = 'user:a'`],
    ['transfer_reversals_owed_check', 'update transfer_reversals set owed_minor = amount_minor + 1'],
    [
      'payouts_one_live',
      `insert into payouts select (jsonb_populate_record(null::payouts, to_jsonb(p) || jsonb_build_object('id',
         gen_random_uuid(), 'number', x, 'state', 'REQUESTED', 'finished_at', null, 'provider_transfer_id', null,
         'funds_id', null, 'reversed_minor', 0))).* from payouts p, unnest(array['1', '2']) x where p.state = 'SUCCEEDED'`,
    ],
  ];
  for (const [constraint, statement] of refusals) {
    await expect(market.database.query(statement)).rejects.toThrow(constraint);
  }
});
