import { DealPriceQueries, DealQueries, OutcomeEventQueries } from '#deals';
import fc from 'fast-check';
import { codesOf, dayMs, later, Market, must, perDeal, start } from './market.js';

describe('deals', () => {
  let market: Market;
  let contractId: string;

  beforeAll(async () => {
    market = await Market.open();
    contractId = await market.contract(perDeal);
  });
  beforeEach(() => market.clock.set(start));
  afterAll(async () => {
    expect(await market.brokenInvariants()).toEqual([]);
    await market.close();
  });

  const lead = async () => await market.lead(contractId);

  async function deal(amount = '2000.00', leadId?: string): Promise<{ leadId: string; dealId: string }> {
    const of = leadId ?? (await lead());
    const { dealId } = must(await market.won(of, amount, { dealReference: market.key() }));
    if (dealId === null) throw new Error('a sale made no deal');
    return { leadId: of, dealId };
  }

  it('2,000.00 at 20 % is 400.00, on top of the base of 10.00', async () => {
    const { leadId } = await deal();
    expect(await market.factsOf(leadId)).toMatchObject({
      stage: 'WON',
      charges: ['BASE 1000', 'COMMISSION_PER_DEAL 40000'],
    });
  });

  it('a lead may bring several, each with its own commission', async () => {
    const { leadId } = await deal('2000.00');
    await deal('100.00', leadId);
    must(await market.won(leadId, '50.00'));
    // 10.00 + 400.00 + 20.00 + 10.00
    expect((await market.factsOf(leadId)).owedMinor).toBe(44_000n);
  });

  it('may close outside the attribution window: recorded, and said to cost nothing', async () => {
    const leadId = await lead();
    market.clock.set(later(start, 91 * dayMs));
    const reported = must(await market.won(leadId, '2000.00'));
    expect(reported.chargeIds).toEqual([]);
    expect(reported.notes).toEqual([expect.stringContaining('outside the attribution window of 90 days')]);
    expect(await market.factsOf(leadId)).toMatchObject({ stage: 'WON', charges: ['BASE 1000'] });
  });

  it('restated from 2,000.00 to 1,500.00 charges the difference of −100.00 and no more', async () => {
    const { leadId, dealId } = await deal();
    must(await market.restate(dealId, '1500.00'));
    expect((await market.factsOf(leadId)).charges).toEqual([
      'BASE 1000',
      'COMMISSION_PER_DEAL 40000',
      'RESTATEMENT -10000',
    ]);
    must(await market.restate(dealId, '1600.00'));
    expect(await market.factsOf(leadId)).toMatchObject({
      owedMinor: 33_000n,
      events: ['WON', 'AMOUNT_RESTATED', 'AMOUNT_RESTATED'],
      stage: 'WON',
    });
  });

  it('canceled is mirrored exactly, restatements included, and the base stays', async () => {
    const { leadId, dealId } = await deal();
    must(await market.restate(dealId, '1500.00'));
    must(await market.cancel(dealId, 'REFUNDED'));
    expect(await market.factsOf(leadId)).toMatchObject({ stage: 'REFUNDED', owedMinor: 1_000n });
  });

  it('the stage falls back only when the last live one is taken back', async () => {
    const first = await deal();
    const second = await deal('100.00', first.leadId);
    must(await market.cancel(first.dealId, 'CANCELED'));
    expect((await market.factsOf(first.leadId)).stage).toBe('WON');
    must(await market.cancel(second.dealId, 'REFUNDED'));
    expect((await market.factsOf(first.leadId)).stage).toBe('REFUNDED');
    await deal('70.00', first.leadId);
    expect(await market.factsOf(first.leadId)).toMatchObject({ stage: 'WON', owedMinor: 1_000n + 1_400n });
  });

  it('what was taken back can be neither restated nor taken back again', async () => {
    const { dealId } = await deal();
    must(await market.cancel(dealId, 'CANCELED'));
    expect(codesOf(await market.cancel(dealId, 'REFUNDED'))).toEqual(['DEAL_NOT_LIVE']);
    expect(codesOf(await market.restate(dealId, '1.00'))).toEqual(['DEAL_NOT_LIVE']);
  });

  it('are lowered and taken back within the clawback window only, and raised at any time', async () => {
    const { leadId, dealId } = await deal();
    market.clock.set(later(start, 90 * dayMs));
    must(await market.restate(dealId, '1500.00'));
    market.clock.set(later(start, 90 * dayMs + 1));
    expect(codesOf(await market.restate(dealId, '1000.00'))).toEqual(['CLAWBACK_WINDOW_CLOSED']);
    expect(codesOf(await market.cancel(dealId, 'REFUNDED'))).toEqual(['CLAWBACK_WINDOW_CLOSED']);
    must(await market.restate(dealId, '3000.00'));
    expect((await market.factsOf(leadId)).owedMinor).toBe(61_000n);
  });

  describe('a second report', () => {
    it('of the same reference, amount and time has no effect, under any key', async () => {
      const leadId = await lead();
      const same = { dealReference: 'CRM-same', closedAt: start };
      const first = must(await market.won(leadId, '2000.00', same));
      market.clock.set(later(start, dayMs));
      for (const more of [same, { dealReference: ' CRM-same ' }]) {
        const again = must(await market.won(leadId, '2000.00', more));
        expect(again).toMatchObject({
          replayed: true,
          dealId: first.dealId,
          outcomeEventId: first.outcomeEventId,
          chargeIds: [],
        });
      }
      expect((await market.factsOf(leadId)).events).toEqual(['WON']);
    });

    it('with other data is refused and names the buyer’s own earlier deal', async () => {
      const { dealId, leadId } = await deal('2000.00');
      const [row] = await market.sql<{ reference: string }>('select reference from deals where id = $1', [
        dealId,
      ]);
      const dealReference = row?.reference ?? '';
      const otherLead = await lead();
      for (const attempt of [
        market.won(leadId, '1500.00', { dealReference }),
        market.won(leadId, '2000.00', { dealReference, closedAt: later(start, -1) }),
        market.won(otherLead, '2000.00', { dealReference }),
      ]) {
        expect(await attempt).toMatchObject({
          refusals: [
            {
              code: 'DEAL_REFERENCE_REUSED',
              field: ['input', 'outcome', 'won', 'dealReference'],
              data: { existingId: dealId },
            },
          ],
        });
      }
      expect((await market.factsOf(otherLead)).charges).toEqual(['BASE 1000']);
    });

    it('of a deal that was taken back needs a new name', async () => {
      const { dealId, leadId } = await deal();
      const [row] = await market.sql<{ reference: string }>('select reference from deals where id = $1', [
        dealId,
      ]);
      must(await market.cancel(dealId, 'CANCELED'));
      const again = { dealReference: row?.reference ?? '', closedAt: start };
      expect(codesOf(await market.won(leadId, '2000.00', again))).toEqual(['DEAL_REFERENCE_REUSED']);
    });

    it('without a reference is a second unnamed deal, of which there is only one', async () => {
      const leadId = await lead();
      const first = must(await market.won(leadId, '2000.00'));
      expect(must(await market.won(leadId, '2000.00'))).toMatchObject({
        replayed: true,
        dealId: first.dealId,
      });
      expect(codesOf(await market.won(leadId, '1.00'))).toEqual(['DEAL_REFERENCE_REUSED']);
    });

    it('with the same key may write the amount in another way, and not another amount', async () => {
      const leadId = await lead();
      const [key, restateKey] = [market.key(), market.key()];
      const sale = async (amount: string) =>
        await market.report(leadId, { kind: 'WON', amount: { amount, currency: 'USD' } }, market.buyer, key);
      const first = must(await sale('100'));
      expect(must(await sale('100.00'))).toEqual({ ...first, replayed: true });
      expect(codesOf(await sale('100.01'))).toEqual(['IDEMPOTENCY_KEY_REUSED']);
      expect(codesOf(await sale('1e2'))).toEqual(['IDEMPOTENCY_KEY_REUSED']);
      const restate = async (amount: string) =>
        await market.restate(first.dealId ?? '', amount, market.buyer, restateKey);
      must(await restate('80.0'));
      expect(must(await restate('80.00')).replayed).toBe(true);
      expect(codesOf(await restate('81'))).toEqual(['IDEMPOTENCY_KEY_REUSED']);
    });

    it('may use the reference of another contract', async () => {
      const elsewhere = await market.contract(perDeal, market.otherBuyer);
      const leadId = await market.lead(elsewhere);
      const here = await lead();
      must(await market.won(here, '5.00', { dealReference: 'shared' }));
      const won = {
        kind: 'WON',
        amount: { amount: '7.00', currency: 'USD' },
        dealReference: 'shared',
      } as const;
      must(await market.report(leadId, won, market.otherBuyer));
    });
  });

  it('bad amounts and texts are all named at once, by path and never by value', async () => {
    const leadId = await lead();
    const outcome = await market.report(leadId, {
      kind: 'WON',
      amount: { amount: '6660.001', currency: 'USD' },
      closedAt: later(start, 30 * dayMs),
      dealReference: 'a\u0000b',
    });
    expect(outcome).toMatchObject({
      refusals: [
        { code: 'INVALID_AMOUNT', field: ['input', 'outcome', 'won', 'amount', 'amount'] },
        { code: 'INVALID_VALUE', field: ['input', 'outcome', 'won', 'closedAt'] },
        { code: 'INVALID_VALUE', field: ['input', 'outcome', 'won', 'dealReference'] },
      ],
    });
    expect(JSON.stringify(outcome)).not.toContain('6660');
    expect((await market.factsOf(leadId)).events).toEqual([]);
  });

  it('a foreign deal is a missing one', async () => {
    const { dealId, leadId } = await deal();
    expect(codesOf(await market.restate(dealId, '1.00', market.otherBuyer))).toEqual(['NOT_FOUND']);
    expect(codesOf(await market.cancel(dealId, 'CANCELED', market.otherBuyer))).toEqual(['NOT_FOUND']);
    expect(codesOf(await market.cancel(dealId, 'CANCELED', market.agency))).toEqual(['NOT_PERMITTED']);
    const testKey = { ...market.buyer, mode: 'test' as const };
    expect(codesOf(await market.cancel(dealId, 'CANCELED', testKey))).toEqual(['NOT_FOUND']);
    const deals = market.module.get(DealQueries);
    const events = market.module.get(OutcomeEventQueries);
    const page = { limit: 100, backwards: false };
    for (const [actor, sees] of [
      [market.buyer, true],
      [market.agency, true],
      [market.operator, true],
      [market.otherBuyer, false],
      [market.otherAgency, false],
    ] as const) {
      expect((await deals.byIds(actor, [dealId])).length > 0).toBe(sees);
      expect((await deals.ofLeads(actor, [leadId], page)).length > 0).toBe(sees);
      expect((await events.ofLeads(actor, [leadId], page)).length > 0).toBe(sees);
      expect((await events.countOfLead(actor, leadId, 5)) > 0).toBe(sees);
      const listed = await deals.list(actor, {}, page);
      expect(listed.some(({ id }) => id === dealId)).toBe(sees);
    }
  });

  it('are listed in pages, forwards and backwards, without gap or repeat', async () => {
    const queries = market.module.get(DealQueries);
    const all = await queries.list(market.buyer, {}, { limit: 100, backwards: false });
    expect(all.length).toBeGreaterThan(5);
    expect(await queries.count(market.buyer, {}, 1_000)).toBe(all.length);
    expect(await queries.count(market.buyer, {}, 3)).toBe(3);
    const ids = all.map(({ id }) => id);
    expect(ids).toEqual([...ids].sort().reverse());
    const walk = async (backwards: boolean) => {
      const found: string[] = [];
      for (;;) {
        const last = found.at(-1);
        const from = last === undefined ? {} : backwards ? { before: [last] } : { after: [last] };
        const rows = await queries.list(market.buyer, {}, { limit: 4, backwards, ...from });
        found.push(...rows.slice(0, 4).map(({ id }) => id));
        if (rows.length <= 4) return found;
      }
    };
    expect(await walk(false)).toEqual(ids);
    expect(await walk(true)).toEqual([...ids].reverse());
    const live = await queries.list(market.buyer, { state: 'WON' }, { limit: 100, backwards: false });
    expect(live.map(({ id }) => id)).toEqual(all.filter(({ state }) => state === 'WON').map(({ id }) => id));
  });

  it('say what they cost and why', async () => {
    const { dealId } = await deal();
    const gone = await deal('100.00');
    must(await market.cancel(gone.dealId, 'REFUNDED'));
    const found = await market.module.get(DealQueries).byIds(market.buyer, [dealId, gone.dealId]);
    const prices = await market.module.get(DealPriceQueries).ofDeals(found);
    expect(prices.get(dealId)).toMatchObject({
      commissionMinor: 40_000n,
      explanation: { text: '20 % of $2,000.00 = $400.00' },
    });
    expect(prices.get(gone.dealId)).toMatchObject({
      commissionMinor: 0n,
      explanation: { text: 'The deal was refunded: nothing is owed for it.' },
    });
  });

  describe('at once', () => {
    const twenty = async <T>(act: (index: number) => Promise<T>): Promise<T[]> =>
      await Promise.all(Array.from({ length: 20 }, async (_nothing, index) => await act(index)));

    it('twenty reports of one sale, with one key or with twenty, make one deal', async () => {
      for (const oneKey of [true, false]) {
        const leadId = await lead();
        const key = market.key();
        const won = {
          kind: 'WON',
          amount: { amount: '2000.00', currency: 'USD' },
          dealReference: market.key(),
        } as const;
        const outcomes = await twenty(
          async () => await market.report(leadId, won, market.buyer, oneKey ? key : market.key()),
        );
        expect(outcomes.map((outcome) => must(outcome)).filter(({ replayed }) => !replayed)).toHaveLength(1);
        expect(await market.factsOf(leadId)).toMatchObject({
          events: ['WON'],
          charges: ['BASE 1000', 'COMMISSION_PER_DEAL 40000'],
        });
      }
    });

    it('one reference for twenty leads goes to one of them', async () => {
      const leads = await twenty(lead);
      const dealReference = market.key();
      const outcomes = await Promise.all(
        leads.map(async (leadId) => await market.won(leadId, '2000.00', { dealReference })),
      );
      expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
      const codes = new Set(outcomes.flatMap((outcome) => codesOf(outcome)));
      expect([...codes]).toEqual(['DEAL_REFERENCE_REUSED']);
    });

    it('restating and canceling one deal leaves a state that some order of the acts explains', async () => {
      const { leadId, dealId } = await deal();
      const outcomes = await twenty(async (index) =>
        index % 4 === 0
          ? await market.cancel(dealId, index % 8 === 0 ? 'REFUNDED' : 'CANCELED')
          : await market.restate(dealId, `${1_000 + index}.00`),
      );
      const codes = new Set(outcomes.flatMap((outcome) => codesOf(outcome)));
      expect([...codes].filter((code) => code !== 'DEAL_NOT_LIVE')).toEqual([]);
      const facts = await market.factsOf(leadId);
      expect(facts.owedMinor).toBe(1_000n);
      expect(['REFUNDED', 'CANCELED']).toContain(facts.stage);
      const ends = facts.events.filter((kind) => kind === 'REFUNDED' || kind === 'CANCELED');
      expect(ends).toHaveLength(1);
      expect(facts.events.at(-1)).toBe(ends[0]);
      expect(facts.events).toHaveLength(1 + outcomes.filter(({ ok }) => ok).length);
    });
  });

  it('whatever is reported, restated and taken back, what is charged is what the deals make owed', async () => {
    const act = fc.oneof(
      fc.record({ do: fc.constant('win' as const), cents: fc.integer({ min: 1, max: 10 ** 7 }) }),
      fc.record({
        do: fc.constant('restate' as const),
        which: fc.nat(5),
        cents: fc.integer({ min: 1, max: 10 ** 7 }),
      }),
      fc.record({ do: fc.constant('cancel' as const), which: fc.nat(5) }),
    );
    const amountOf = (cents: number) => `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`;
    // Half-even, as contracts are priced: 20 % of so many cents.
    const commissionOf = (cents: number) => {
      const fifths = cents % 5;
      return (cents - fifths) / 5 + (fifths >= 3 ? 1 : 0);
    };
    await fc.assert(
      fc.asyncProperty(fc.array(act, { minLength: 1, maxLength: 8 }), async (acts) => {
        const leadId = await lead();
        const live = new Map<string, number>();
        const known: string[] = [];
        for (const each of acts) {
          if (each.do === 'win') {
            const { dealId } = await deal(amountOf(each.cents), leadId);
            known.push(dealId);
            live.set(dealId, each.cents);
            continue;
          }
          const dealId = known[each.which % Math.max(known.length, 1)];
          if (dealId === undefined) continue;
          const outcome =
            each.do === 'restate'
              ? await market.restate(dealId, amountOf(each.cents))
              : await market.cancel(dealId, 'CANCELED');
          expect(outcome.ok).toBe(
            live.has(dealId) && (each.do === 'cancel' || live.get(dealId) !== each.cents),
          );
          if (!outcome.ok) continue;
          if (each.do === 'restate') live.set(dealId, each.cents);
          else live.delete(dealId);
        }
        const facts = await market.factsOf(leadId);
        const owed = [...live.values()].reduce((total, cents) => total + commissionOf(cents), 1_000);
        expect(facts.owedMinor).toBe(BigInt(owed));
        expect(facts.stage === 'WON').toBe(live.size > 0);
      }),
      { numRuns: 25 },
    );
  });
});
