import { allowedAfter, mayFollow, type ReportedOutcome } from '#deals';
import { type OutcomeStage, outcomeStages } from '#leads';
import type { Outcome } from '#outcome';
import { codesOf, dayMs, hourMs, later, Market, must, perDeal, perQualifiedLead, start } from './market.js';

/** How to bring a fresh lead to a stage, through reports alone. */
const waysTo: Readonly<Record<OutcomeStage, readonly OutcomeStage[]>> = {
  NEW: [],
  ATTEMPTED: ['ATTEMPTED'],
  CONTACTED: ['CONTACTED'],
  QUALIFIED: ['QUALIFIED'],
  APPOINTMENT_SET: ['APPOINTMENT_SET'],
  APPOINTMENT_HELD: ['APPOINTMENT_HELD'],
  PROPOSAL: ['PROPOSAL'],
  WON: ['WON'],
  LOST: ['LOST'],
  UNREACHABLE: ['ATTEMPTED', 'UNREACHABLE'],
  NOT_INTERESTED: ['CONTACTED', 'NOT_INTERESTED'],
  DISQUALIFIED: ['QUALIFIED', 'DISQUALIFIED'],
  REFUNDED: ['WON', 'REFUNDED'],
  CANCELED: ['WON', 'CANCELED'],
};

describe('stages of a lead', () => {
  let market: Market;
  let contractId: string;

  beforeAll(async () => {
    market = await Market.open();
    contractId = await market.contract(perQualifiedLead);
  });
  beforeEach(() => market.clock.set(start));
  afterAll(async () => {
    expect(await market.brokenInvariants()).toEqual([]);
    await market.close();
  });

  async function move(leadId: string, to: OutcomeStage): Promise<Outcome<unknown>> {
    if (to === 'WON') return await market.won(leadId, '2000.00', { dealReference: market.key() });
    if (to === 'LOST') return await market.report(leadId, { kind: 'LOST', reason: 'too expensive' });
    if (to === 'REFUNDED' || to === 'CANCELED') {
      const [deal] = await market.sql<{ id: string }>(
        `select id from deals where lead_id = $1 and state = 'WON'`,
        [leadId],
      );
      if (deal) return await market.cancel(deal.id, to);
    }
    return await market.report(leadId, { kind: 'STAGE', stage: to });
  }

  async function leadIn(stage: OutcomeStage): Promise<string> {
    const leadId = await market.lead(contractId);
    for (const to of waysTo[stage]) must(await move(leadId, to));
    expect((await market.factsOf(leadId)).stage).toBe(stage);
    return leadId;
  }

  it.each(outcomeStages)('from %s: every report is taken or refused as the table says', async (from) => {
    const refusedOf: OutcomeStage[] = [];
    const takenOf: OutcomeStage[] = [];
    let leadId = await leadIn(from);
    for (const to of outcomeStages) {
      if (to === 'REFUNDED' || to === 'CANCELED') continue;
      const before = await market.factsOf(leadId);
      const outcome = await move(leadId, to);
      if (outcome.ok) {
        takenOf.push(to);
        const after = await market.factsOf(leadId);
        expect(after.stage).toBe(to);
        expect(after.events).toEqual([...before.events, to]);
        leadId = await leadIn(from);
      } else {
        refusedOf.push(to);
        expect(outcome.refusals).toEqual([
          expect.objectContaining({ code: 'ILLEGAL_TRANSITION', data: { allowed: allowedAfter(from) } }),
        ]);
        expect(await market.factsOf(leadId)).toEqual(before);
      }
    }
    expect(takenOf).toEqual(outcomeStages.filter((to) => mayFollow(from, to)));
    expect(takenOf.length + refusedOf.length).toBe(outcomeStages.length - 2);
  });

  it('WON, LOST, REFUNDED and CANCELED are more than a stage', async () => {
    const leadId = await market.lead(contractId);
    for (const stage of ['WON', 'LOST', 'REFUNDED', 'CANCELED'] as const) {
      expect(await market.report(leadId, { kind: 'STAGE', stage })).toMatchObject({
        refusals: [{ code: 'INVALID_VALUE', field: ['input', 'outcome', 'stage', 'stage'] }],
      });
    }
  });

  it('a qualified lead is charged 20 % of 10.00 once, and disqualifying it takes exactly that back', async () => {
    const leadId = await market.lead(contractId);
    const reached = later(start, hourMs);
    market.clock.set(later(start, 3 * hourMs));
    must(await market.report(leadId, { kind: 'STAGE', stage: 'QUALIFIED', occurredAt: reached }));
    must(await market.report(leadId, { kind: 'STAGE', stage: 'PROPOSAL' }));
    let facts = await market.factsOf(leadId);
    expect(facts.qualifiedAt).toEqual(reached);
    expect(facts.charges).toEqual(['BASE 1000', 'COMMISSION_PER_LEAD 200']);
    must(await market.report(leadId, { kind: 'STAGE', stage: 'DISQUALIFIED', note: 'rents her home' }));
    facts = await market.factsOf(leadId);
    expect(facts.qualifiedAt).toBeNull();
    expect(facts.charges).toEqual(['BASE 1000', 'COMMISSION_PER_LEAD 200', 'CLAWBACK -200']);
    must(await market.report(leadId, { kind: 'STAGE', stage: 'QUALIFIED' }));
    expect((await market.factsOf(leadId)).owedMinor).toBe(1_200n);
  });

  it('a lost lead was still of high quality', async () => {
    const leadId = await leadIn('QUALIFIED');
    must(await market.report(leadId, { kind: 'LOST', reason: 'bought elsewhere' }));
    expect(await market.factsOf(leadId)).toMatchObject({ owedMinor: 1_200n, qualifiedAt: start });
  });

  it('a deal implies quality, and a deal taken back takes the implied quality with it', async () => {
    const implied = await leadIn('WON');
    expect((await market.factsOf(implied)).owedMinor).toBe(1_200n);
    must(await move(implied, 'CANCELED'));
    expect(await market.factsOf(implied)).toMatchObject({ owedMinor: 1_000n, qualifiedAt: null });

    const stated = await leadIn('QUALIFIED');
    must(await move(stated, 'WON'));
    must(await move(stated, 'REFUNDED'));
    expect(await market.factsOf(stated)).toMatchObject({ owedMinor: 1_200n, stage: 'REFUNDED' });
  });

  describe('after the clawback window', () => {
    const stays = 'The clawback window of 1 day after the lead was qualified is over: the commission stays.';
    let brief: string;
    beforeAll(async () => {
      brief = await market.contract({ ...perQualifiedLead, clawbackWindowDays: 1 }, market.otherBuyer);
    });
    const report = async (leadId: string, outcome: ReportedOutcome) =>
      must(await market.report(leadId, outcome, market.otherBuyer));
    const sale = async (leadId: string, closedAt: Date) => {
      const amount = { amount: '2000.00', currency: 'USD' };
      return await report(leadId, { kind: 'WON', amount, closedAt, dealReference: market.key() });
    };

    it('DISQUALIFIED is recorded, and the commission stays; at its last instant it is taken back', async () => {
      const [inside, outside] = [await market.lead(brief), await market.lead(brief)];
      for (const leadId of [inside, outside]) await report(leadId, { kind: 'STAGE', stage: 'QUALIFIED' });
      market.clock.set(later(start, dayMs));
      const taken = await report(inside, { kind: 'STAGE', stage: 'DISQUALIFIED' });
      expect(taken).toMatchObject({ notes: [], chargeIds: [expect.any(String)] });
      expect(await market.factsOf(inside)).toMatchObject({ owedMinor: 1_000n, qualifiedAt: null });
      market.clock.set(later(start, dayMs + 1));
      const key = market.key();
      const outcome = { kind: 'STAGE', stage: 'DISQUALIFIED' } as const;
      const kept = must(await market.report(outside, outcome, market.otherBuyer, key));
      expect(kept).toMatchObject({ notes: [stays], chargeIds: [] });
      expect(await market.factsOf(outside)).toMatchObject({
        stage: 'DISQUALIFIED',
        events: ['QUALIFIED', 'DISQUALIFIED'],
        charges: ['BASE 1000', 'COMMISSION_PER_LEAD 200'],
        qualifiedAt: start,
      });
      const again = must(await market.report(outside, outcome, market.otherBuyer, key));
      expect(again).toEqual({ ...kept, replayed: true });
    });

    it('a last deal that is taken back leaves the commission that an older one earned', async () => {
      const leadId = await market.lead(brief);
      const first = await sale(leadId, start);
      market.clock.set(later(start, dayMs));
      must(await market.cancel(first.dealId ?? '', 'CANCELED', market.otherBuyer));
      expect(await market.factsOf(leadId)).toMatchObject({ owedMinor: 1_000n, qualifiedAt: null });

      const other = await market.lead(brief);
      const one = await sale(other, later(start, dayMs));
      market.clock.set(later(start, 2 * dayMs));
      const two = await sale(other, later(start, 2 * dayMs));
      must(await market.cancel(one.dealId ?? '', 'CANCELED', market.otherBuyer));
      market.clock.set(later(start, 2 * dayMs + 1));
      const canceled = must(await market.cancel(two.dealId ?? '', 'REFUNDED', market.otherBuyer));
      expect(canceled).toMatchObject({ notes: [stays], chargeIds: [] });
      expect(await market.factsOf(other)).toMatchObject({
        stage: 'REFUNDED',
        owedMinor: 1_200n,
        qualifiedAt: later(start, dayMs),
      });
    });

    it('nothing is said of a commission where none rests on it', async () => {
      const none = await market.contract({ ...perDeal, clawbackWindowDays: 1 }, market.otherBuyer);
      const leads = [await market.lead(none), await market.lead(brief, true)];
      for (const leadId of leads) await report(leadId, { kind: 'STAGE', stage: 'QUALIFIED' });
      market.clock.set(later(start, dayMs + 1));
      for (const leadId of leads) {
        const { notes } = await report(leadId, { kind: 'STAGE', stage: 'DISQUALIFIED' });
        expect(notes.filter((note) => note.includes('clawback'))).toEqual([]);
        expect((await market.factsOf(leadId)).qualifiedAt).toEqual(start);
      }
    });
  });

  it('reports are bounded in time: 24 hours from now and 24 hours before delivery', async () => {
    const leadId = await market.lead(contractId);
    market.clock.set(later(start, 5 * dayMs));
    for (const occurredAt of [later(start, -dayMs - 1), later(start, 6 * dayMs + 1)]) {
      expect(await market.report(leadId, { kind: 'STAGE', stage: 'CONTACTED', occurredAt })).toMatchObject({
        refusals: [{ code: 'INVALID_VALUE', field: ['input', 'outcome', 'stage', 'occurredAt'] }],
      });
    }
    must(
      await market.report(leadId, {
        kind: 'STAGE',
        stage: 'CONTACTED',
        occurredAt: later(start, -dayMs),
      }),
    );
  });

  it('is reported by the buyer that has the lead; for anyone else there is no such lead', async () => {
    const leadId = await market.lead(contractId);
    const outcome = { kind: 'STAGE', stage: 'CONTACTED' } as const;
    expect(await market.report(leadId, outcome, market.otherBuyer)).toMatchObject({
      refusals: [{ code: 'NOT_FOUND', field: ['input', 'leadId'] }],
    });
    const nobody = '0190b4a5-0000-7000-8000-000000000000';
    expect(codesOf(await market.report(nobody, outcome))).toEqual(['NOT_FOUND']);
    expect(codesOf(await market.report(leadId, outcome, market.agency))).toEqual(['NOT_PERMITTED']);
    expect(codesOf(await market.report(leadId, outcome, market.operator))).toEqual(['NOT_PERMITTED']);
    const testKey = { ...market.buyer, mode: 'test' as const };
    expect(codesOf(await market.report(leadId, outcome, testKey))).toEqual(['NOT_FOUND']);
    expect((await market.factsOf(leadId)).events).toEqual([]);
  });

  it('a test lead is worked like any other and costs nothing', async () => {
    const leadId = await market.lead(contractId, true);
    const testKey = { ...market.buyer, mode: 'test' as const };
    must(await market.report(leadId, { kind: 'STAGE', stage: 'QUALIFIED' }, testKey));
    expect(await market.factsOf(leadId)).toMatchObject({ stage: 'QUALIFIED', charges: [] });
  });

  it('the same key gives the first answer, also after the lead has moved on; with other input it is refused', async () => {
    const leadId = await market.lead(contractId);
    const key = market.key();
    const outcome = { kind: 'STAGE', stage: 'QUALIFIED' } as const;
    const first = must(await market.report(leadId, outcome, market.buyer, key));
    must(await market.report(leadId, { kind: 'STAGE', stage: 'PROPOSAL' }));
    const again = must(await market.report(leadId, outcome, market.buyer, key));
    expect(again).toEqual({ ...first, replayed: true });
    const other = { ...outcome, note: 'other' };
    expect(codesOf(await market.report(leadId, other, market.buyer, key))).toEqual([
      'IDEMPOTENCY_KEY_REUSED',
    ]);
    expect((await market.factsOf(leadId)).events).toEqual(['QUALIFIED', 'PROPOSAL']);
  });

  it('twenty identical reports at once have one effect', async () => {
    const leadId = await market.lead(contractId);
    const outcome = { kind: 'STAGE', stage: 'QUALIFIED' } as const;
    const oneKey = market.key();
    const same = await Promise.all(
      Array.from({ length: 20 }, async () =>
        must(await market.report(leadId, outcome, market.buyer, oneKey)),
      ),
    );
    expect(same.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect(new Set(same.map(({ outcomeEventId }) => outcomeEventId)).size).toBe(1);
    const manyKeys = await Promise.all(
      Array.from(
        { length: 20 },
        async () => await market.report(leadId, { kind: 'STAGE', stage: 'PROPOSAL' }),
      ),
    );
    expect(manyKeys.filter(({ ok }) => ok)).toHaveLength(1);
    expect(await market.factsOf(leadId)).toMatchObject({
      events: ['QUALIFIED', 'PROPOSAL'],
      charges: ['BASE 1000', 'COMMISSION_PER_LEAD 200'],
    });
  });
});

describe('a stage without a price', () => {
  it('is recorded and says why it costs nothing', async () => {
    const market = await Market.open();
    const leadId = await market.lead(await market.contract(perDeal));
    const reported = must(await market.report(leadId, { kind: 'STAGE', stage: 'QUALIFIED' }));
    expect(reported.chargeIds).toEqual([]);
    expect(reported.notes).toEqual([
      'The commission is owed when a deal is won: a qualified lead alone adds none.',
    ]);
    await market.close();
  });
});
