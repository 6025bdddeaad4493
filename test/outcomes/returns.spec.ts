import { systemActor } from '#organizations';
import { RequestReturn, ReturnQueries, type ReturnReason } from '#returns';
import { codesOf, dayMs, hourMs, later, Market, must, perDeal, start } from './market.js';

describe('returns', () => {
  let market: Market;
  let contractId: string;
  const worker = systemActor('return-deadline');

  beforeAll(async () => {
    market = await Market.open();
    contractId = await market.contract(perDeal);
  });
  beforeEach(() => market.clock.set(start));
  afterEach(async () => {
    // Nothing that one test leaves undecided falls due in another.
    market.clock.set(later(start, 3_000 * dayMs));
    await market.autoApprove(worker);
  });
  afterAll(async () => {
    expect(await market.brokenInvariants()).toEqual([]);
    await market.close();
  });

  const lead = async () => await market.lead(contractId);

  async function requested(): Promise<{ leadId: string; returnId: string }> {
    const leadId = await lead();
    return { leadId, returnId: must(await market.requestReturn(leadId)).returnId };
  }

  async function stateOf(returnId: string): Promise<Record<string, unknown> | undefined> {
    const [row] = await market.sql(
      'select state, decided_by, decided_at, decision_note from returns where id = $1',
      [returnId],
    );
    return row;
  }

  it('a request moves no money; approval mirrors everything that was charged, deals included', async () => {
    const leadId = await lead();
    must(await market.won(leadId, '2000.00'));
    const { returnId } = must(await market.requestReturn(leadId));
    expect((await market.factsOf(leadId)).owedMinor).toBe(41_000n);
    const { chargeIds } = must(await market.decideReturn(returnId, 'APPROVE'));
    expect(chargeIds).toHaveLength(2);
    expect(await market.factsOf(leadId)).toMatchObject({
      state: 'RETURNED',
      leadState: 'RETURNED',
      returnedAt: start,
      owedMinor: 0n,
      charges: ['BASE 1000', 'COMMISSION_PER_DEAL 40000', 'RETURN_CREDIT -1000', 'RETURN_CREDIT -40000'],
    });
  });

  it('a returned lead takes no more reports, corrections or returns', async () => {
    const leadId = await lead();
    const { dealId } = must(await market.won(leadId, '2000.00'));
    const { returnId } = must(await market.requestReturn(leadId));
    must(await market.decideReturn(returnId, 'APPROVE'));
    expect(codesOf(await market.won(leadId, '5.00'))).toEqual(['LEAD_RETURNED']);
    expect(codesOf(await market.report(leadId, { kind: 'LOST', reason: 'x' }))).toEqual(['LEAD_RETURNED']);
    expect(codesOf(await market.restate(dealId ?? '', '1.00'))).toEqual(['LEAD_RETURNED']);
    expect(codesOf(await market.cancel(dealId ?? '', 'CANCELED'))).toEqual(['LEAD_RETURNED']);
    expect(codesOf(await market.requestReturn(leadId))).toEqual(['RETURN_EXISTS']);
    expect(codesOf(await market.decideReturn(returnId, 'DENY'))).toEqual(['RETURN_DECIDED']);
    expect((await market.factsOf(leadId)).owedMinor).toBe(0n);
  });

  it('a denial needs a reason and leaves everything as it was', async () => {
    const { leadId, returnId } = await requested();
    expect(await market.decideReturn(returnId, 'DENY', market.agency, ' ')).toMatchObject({
      refusals: [{ code: 'REQUIRED', field: ['input', 'note'] }],
    });
    must(await market.decideReturn(returnId, 'DENY', market.agency, 'the number works'));
    expect(await stateOf(returnId)).toMatchObject({ state: 'DENIED', decision_note: 'the number works' });
    expect(await market.factsOf(leadId)).toMatchObject({ state: 'ACCEPTED', owedMinor: 1_000n });
    expect(codesOf(await market.requestReturn(leadId))).toEqual(['RETURN_EXISTS']);
    must(await market.won(leadId, '100.00'));
  });

  it.each([
    ['at the last instant of the seventh day', 7 * dayMs, []],
    ['a millisecond later', 7 * dayMs + 1, ['RETURN_WINDOW_CLOSED']],
  ] as const)(
    'the window is 7 × 24 hours, a change of the clocks within it or not: %s',
    async (_when, ms, codes) => {
      // New York goes to summer time on 8 March 2026, inside these seven days.
      const leadId = await lead();
      market.clock.set(later(start, ms));
      expect(codesOf(await market.requestReturn(leadId))).toEqual(codes);
    },
  );

  it('OTHER needs a note', async () => {
    const leadId = await lead();
    const request = async (reason: ReturnReason, note?: string) =>
      await market.module
        .get(RequestReturn)
        .execute(market.buyer, { leadId, reason, idempotencyKey: market.key(), ...(note ? { note } : {}) });
    expect(await request('OTHER')).toMatchObject({
      refusals: [{ code: 'REQUIRED', field: ['input', 'note'] }],
    });
    must(await request('OTHER', 'speaks no English'));
  });

  it('is requested by the buyer that has the lead and decided by the agency or the operator', async () => {
    const leadId = await lead();
    expect(codesOf(await market.requestReturn(leadId, market.otherBuyer))).toEqual(['NOT_FOUND']);
    expect(codesOf(await market.requestReturn(leadId, market.agency))).toEqual(['NOT_PERMITTED']);
    const { returnId } = must(await market.requestReturn(leadId));
    expect(codesOf(await market.decideReturn(returnId, 'APPROVE', market.buyer))).toEqual(['NOT_PERMITTED']);
    expect(codesOf(await market.decideReturn(returnId, 'APPROVE', market.otherAgency))).toEqual([
      'NOT_FOUND',
    ]);
    const testKey = { ...market.agency, mode: 'test' as const };
    expect(codesOf(await market.decideReturn(returnId, 'APPROVE', testKey))).toEqual(['NOT_FOUND']);
    const returns = market.module.get(ReturnQueries);
    for (const [actor, sees] of [
      [market.buyer, true],
      [market.agency, true],
      [market.operator, true],
      [market.otherBuyer, false],
      [market.otherAgency, false],
    ] as const) {
      expect((await returns.byIds(actor, [returnId])).length > 0).toBe(sees);
      expect((await returns.ofLeads(actor, [leadId])).length > 0).toBe(sees);
      const listed = await returns.list(actor, {}, { limit: 100, backwards: false });
      expect(listed.some(({ id }) => id === returnId)).toBe(sees);
      expect((await returns.count(actor, { state: 'REQUESTED' }, 10)) > 0).toBe(sees);
    }
    must(await market.decideReturn(returnId, 'APPROVE', market.operator));
  });

  describe('that nobody decides', () => {
    it('are approved after 48 hours, once, and as of the end of that time', async () => {
      const { leadId, returnId } = await requested();
      market.clock.set(later(start, 48 * hourMs - 1));
      expect(await market.autoApprove(worker)).toBe(0);
      market.clock.set(later(start, 70 * hourMs));
      expect(await market.autoApprove(worker)).toBe(1);
      expect(await market.autoApprove(worker)).toBe(0);
      expect(await stateOf(returnId)).toMatchObject({
        state: 'AUTO_APPROVED',
        decided_by: 'system:return-deadline',
        decided_at: later(start, 70 * hourMs),
      });
      expect(await market.factsOf(leadId)).toMatchObject({
        state: 'RETURNED',
        returnedAt: later(start, 48 * hourMs),
        owedMinor: 0n,
      });
    });

    it('cannot be denied any more once the time is over, whether the worker has come by or not', async () => {
      const { returnId } = await requested();
      market.clock.set(later(start, 48 * hourMs));
      expect(codesOf(await market.decideReturn(returnId, 'DENY'))).toEqual(['RETURN_DECIDED']);
      must(await market.decideReturn(returnId, 'APPROVE'));
    });

    it('are taken in portions, the longest overdue first', async () => {
      const ids: string[] = [];
      for (let index = 0; index < 5; index += 1) {
        market.clock.set(later(start, index * hourMs));
        ids.push((await requested()).returnId);
      }
      market.clock.set(later(start, 10 * dayMs));
      expect(await market.autoApprove(worker, 2)).toBe(2);
      const [first, second, third] = await Promise.all(ids.map(async (id) => (await stateOf(id))?.['state']));
      expect([first, second, third]).toEqual(['AUTO_APPROVED', 'AUTO_APPROVED', 'REQUESTED']);
      expect(await market.autoApprove(worker)).toBe(3);
    });

    it('are approved once by any number of workers and people at the same time', async () => {
      const all = await Promise.all(Array.from({ length: 6 }, requested));
      market.clock.set(later(start, 49 * hourMs));
      const [counts, decisions] = await Promise.all([
        Promise.all(Array.from({ length: 5 }, async () => await market.autoApprove(worker))),
        Promise.all(all.map(async ({ returnId }) => await market.decideReturn(returnId, 'APPROVE'))),
      ]);
      const byWorkers = counts.reduce((total, count) => total + count, 0);
      const byPeople = decisions.filter(({ ok }) => ok).length;
      expect(byWorkers + byPeople).toBe(6);
      for (const { leadId } of all) {
        expect((await market.factsOf(leadId)).charges).toEqual(['BASE 1000', 'RETURN_CREDIT -1000']);
      }
    });
  });

  it('twenty requests at once make one return; twenty decisions at once, one decision', async () => {
    const leadId = await lead();
    const requests = await Promise.all(
      Array.from({ length: 20 }, async () => await market.requestReturn(leadId)),
    );
    expect(requests.filter(({ ok }) => ok)).toHaveLength(1);
    expect(new Set(requests.flatMap((outcome) => codesOf(outcome)))).toEqual(new Set(['RETURN_EXISTS']));
    const [row] = await market.sql<{ id: string }>('select id from returns where lead_id = $1', [leadId]);
    const decisions = await Promise.all(
      Array.from({ length: 20 }, async (_nothing, index) =>
        market.decideReturn(row?.id ?? '', index % 2 === 0 ? 'APPROVE' : 'DENY'),
      ),
    );
    expect(decisions.filter(({ ok }) => ok)).toHaveLength(1);
    expect(new Set(decisions.flatMap((outcome) => codesOf(outcome)))).toEqual(new Set(['RETURN_DECIDED']));
  });

  it('a return and reports at once end with nothing owed for the lead', async () => {
    const { leadId, returnId } = await requested();
    const [decided] = await Promise.all([
      market.decideReturn(returnId, 'APPROVE'),
      ...Array.from({ length: 10 }, async () => {
        await market.won(leadId, '2000.00', { dealReference: market.key() });
      }),
    ]);
    must(decided);
    expect((await market.factsOf(leadId)).owedMinor).toBe(0n);
  });
});
