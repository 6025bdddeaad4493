/** What is told, to whom, and in what order. */
import { newId } from '#database';
import { emit, type EventFact, eventTables, settleEventClock, shownPayload } from '#events';
import { done, refuse } from '#outcome';
import { type OpenEvents, openEvents, type Side, wholeFeed } from './open-events.js';
import { showId } from '../../apps/process/src/show-id.js';

let it_: OpenEvents;
beforeEach(async () => {
  it_ = await openEvents();
});
afterEach(() => it_.close());

const subjects = (events: readonly { readonly subjectId: string }[]) =>
  events.map(({ subjectId }) => subjectId);
const subjectOf = (fact: EventFact): string => ('dealId' in fact.payload ? fact.payload.dealId : '');

describe('an event', () => {
  it('is shown to both sides and the operator, and to nobody else', async () => {
    const [one, two, three] = [
      it_.deal(),
      it_.deal({ buyer: 'otherBuyer' }),
      it_.deal({ agency: 'otherAgency' }),
    ];
    for (const fact of [one, two, three]) await it_.tell(fact);
    const seen = async (side: Side) => subjects(await it_.feed(side, 1));
    expect(await seen('agency')).toEqual([one, two].map(subjectOf));
    expect(await seen('buyer')).toEqual([one, three].map(subjectOf));
    expect(await seen('otherAgency')).toEqual([three].map(subjectOf));
    expect(await seen('otherBuyer')).toEqual([two].map(subjectOf));
    expect(await seen('operator')).toEqual([one, two, three].map(subjectOf));
    const [event] = await it_.feed('agency');
    const ask = async (side: Side) => await it_.queries.byIds(it_.actor(side), [event?.id ?? '']);
    expect((await ask('buyer')).map(({ id }) => id)).toEqual([event?.id]);
    expect((await ask('operator')).map(({ id }) => id)).toEqual([event?.id]);
    expect(await ask('otherBuyer')).toEqual([]);
  });

  it('has the same id and content for all who see it', async () => {
    await it_.tell(it_.deal());
    const [agency, buyer, operator] = [
      await it_.feed('agency'),
      await it_.feed('buyer'),
      await it_.feed('operator'),
    ];
    expect(buyer).toEqual(agency);
    expect(operator).toEqual(agency);
    const [event] = agency;
    if (!event) throw new Error('nothing was told');
    expect(shownPayload(event, showId)).toMatchObject({
      dealId: expect.stringMatching(/^deal_/) as string,
      agencyId: showId('organization', it_.ids.agency),
      state: 'WON',
      version: 1,
      amount: { amount: '2000.00', currency: 'USD' },
      closedAt: '2026-05-04T12:00:00.000Z',
    });
  });

  it('exists exactly if its transaction commits', async () => {
    await it_.unitOfWork.run(async (tx) => {
      await emit(tx, it_.deal());
      return refuse('NOT_FOUND');
    });
    expect(await it_.feed('operator')).toEqual([]);
  });

  it('that is told twice in a transaction is told once', async () => {
    const fact = it_.deal();
    await it_.endpoint('http://127.0.0.1:9/');
    await it_.unitOfWork.run(async (tx) => {
      await emit(tx, fact, fact);
      return done(await emit(tx, fact));
    });
    expect(await it_.feed('agency')).toHaveLength(1);
    expect(await it_.database.query('select 1 from webhook_deliveries')).toHaveLength(1);
  });

  it('of one transaction comes in the order of the types', async () => {
    const dealId = newId();
    const [won, restated] = [it_.deal({ dealId }), it_.deal({ dealId, type: 'deal.restated' })];
    await it_.tell(restated, won, it_.delivered());
    expect((await it_.feed('buyer')).map(({ type }) => type)).toEqual([
      'lead.delivered',
      'deal.won',
      'deal.restated',
    ]);
  });

  it('never changes', async () => {
    await it_.tell(it_.deal());
    for (const change of [`update events set test = true`, 'delete from events', 'truncate events'])
      await expect(it_.database.query(change)).rejects.toThrow('append-only');
  });
});

describe('some types only', () => {
  it('are shown in the same order, forwards and backwards', async () => {
    for (let at = 0; at < 20; at += 1)
      await it_.tell(
        [it_.deal(), it_.delivered(), it_.deal({ type: 'deal.restated' })][at % 3] ?? it_.deal(),
      );
    const feed = await it_.feed('buyer');
    const wanted = ['deal.restated', 'lead.delivered'] as const;
    const expected = feed.filter(({ type }) => type !== 'deal.won');
    const buyer = it_.actor('buyer');
    for (const side of ['agency', 'buyer', 'operator'] as const) {
      const page = async (backwards: boolean) =>
        await it_.queries.page(it_.actor(side), wanted, { limit: 100, backwards });
      expect(await page(false)).toEqual(expected);
      expect((await page(true)).reverse()).toEqual(expected);
    }
    const [, second] = expected;
    const rest = { limit: 4, backwards: false, after: [second?.id ?? ''] };
    expect(await it_.queries.page(buyer, wanted, rest)).toEqual(expected.slice(2, 7));
    const before = { limit: 4, backwards: true, before: [expected.at(-1)?.id ?? ''] };
    expect(await it_.queries.page(buyer, wanted, before)).toEqual(expected.slice(-6, -1).reverse());
    expect(await it_.queries.count(buyer, wanted, 100)).toBe(expected.length);
    expect(await it_.queries.count(buyer, wanted, 3)).toBe(3);
    expect(await it_.queries.count(buyer, null, 100)).toBe(20);
    expect(await it_.queries.page(buyer, [], { limit: 4, backwards: false })).toEqual([]);
  });

  it('are shown to a key that may read those only', async () => {
    await it_.tell(it_.deal(), it_.delivered());
    const limited = it_.actor('buyer', { scopes: ['events:read', 'contracts:read'] });
    expect(await wholeFeed(it_.queries, limited, 10)).toEqual([]);
    expect(await it_.queries.count(limited, null, 10)).toBe(0);
    const [event] = await it_.feed('buyer');
    expect(await it_.queries.byIds(limited, [event?.id ?? ''])).toEqual([]);
    const more = it_.actor('buyer', { scopes: ['events:read', 'leads:read'] });
    expect(await wholeFeed(it_.queries, more, 10)).toHaveLength(2);
  });

  it('those of test leads are all that a test key sees', async () => {
    const [live, test] = [it_.deal(), it_.deal({ test: true })];
    await it_.tell(live, test);
    for (const side of ['agency', 'buyer', 'operator'] as const) {
      const key = it_.actor(side, { mode: 'test' });
      expect(subjects(await wholeFeed(it_.queries, key, 10))).toEqual([subjectOf(test)]);
      expect(await it_.queries.count(key, null, 10)).toBe(1);
      const ids = (await it_.feed(side)).map(({ id }) => id);
      expect(subjects(await it_.queries.byIds(key, ids))).toEqual([subjectOf(test)]);
    }
  });
});

describe('a restore into another cluster', () => {
  const position = async (): Promise<bigint> => {
    const [row] = await it_.database.query<{ p: string }>(
      `select pg_current_xact_id()::text::bigint + base as p from event_clock`,
    );
    return BigInt(row?.p ?? 0);
  };

  it('leaves the order as it is: new events come after the old ones', async () => {
    await it_.tell(it_.deal());
    // What the old cluster had: transaction ids far ahead of ours.
    const ahead = (await position()) + 1_000_000n;
    await it_.database.query(
      `insert into events (organization_id, id, type, subject_id, test, payload, occurred_at)
       select organization_id, (lpad(to_hex($1::bigint), 12, '0') || right(replace(id::text, '-', ''), 20))::uuid, type,
         subject_id, test, payload, occurred_at from events`,
      [ahead.toString()],
    );
    expect(await it_.feed('agency')).toHaveLength(1); // The other one lies in the future.
    await Promise.all([1, 2, 3].map(() => settleEventClock(it_.database)));
    const old = await it_.feed('agency');
    expect(old).toHaveLength(2);
    const fact = it_.deal();
    await it_.tell(fact);
    const after = { limit: 10, backwards: false, after: [old.at(-1)?.id ?? ''] };
    expect(subjects(await it_.queries.page(it_.actor('agency'), null, after))).toEqual([subjectOf(fact)]);
    // Not by the position itself: transactions of other suites on the same server move it.
    const base = async () => await it_.database.query('select base from event_clock');
    const before = await base();
    await settleEventClock(it_.database);
    expect(await base()).toEqual(before);
  });

  it('nothing happens without one', async () => {
    await it_.tell(it_.deal());
    await settleEventClock(it_.database);
    expect(await it_.database.query('select base from event_clock')).toEqual([{ base: '0' }]);
  });
});

describe('a statement that writes many facts', () => {
  it('tells of them as emit does, with their messages', async () => {
    await it_.endpoint('http://127.0.0.1:9/', 'buyer');
    await it_.endpoint('http://127.0.0.1:9/', 'operator', ['deal.won']);
    const facts = [it_.delivered(), it_.delivered({ agency: 'otherAgency' })];
    const rows = facts.map(({ payload, occurredAt }) => {
      if (!('price' in payload)) throw new Error('no delivery');
      return { ...payload, price: payload.price.amountMinor.toString(), at: occurredAt };
    });
    const sql = `with facts as (
        select * from json_to_recordset($1::json) as r("leadId" uuid, "deliveryId" uuid, "agencyId" uuid, "buyerId" uuid,
          "contractId" uuid, "contractVersion" integer, price bigint, at timestamptz)
      ), ${eventTables({
        type: 'lead.delivered',
        source: 'facts',
        occurredAt: 'at',
        test: 'false',
        payload: {
          leadId: '"leadId"',
          deliveryId: '"deliveryId"',
          agencyId: '"agencyId"',
          buyerId: '"buyerId"',
          contractId: '"contractId"',
          contractVersion: '"contractVersion"',
          price: { amountMinor: 'price', currency: `'USD'` },
        },
      })} select count(*) from facts`;
    await it_.database.query(sql, [JSON.stringify(rows)]);
    const bySql = await it_.feed('buyer');
    await it_.tell(...facts);
    const [both, ids] = [await it_.feed('buyer'), new Set(bySql.map(({ id }) => id))];
    const byEmit = both.filter(({ id }) => !ids.has(id));
    const comparable = ({ id, ...event }: (typeof both)[0]) => ({ ...event, id: id.slice(14) });
    expect(byEmit.map(comparable)).toEqual(bySql.map(comparable));
    const messages = await it_.database.query('select 1 from webhook_deliveries where type = $1', [
      'lead.delivered',
    ]);
    expect(messages).toHaveLength(4); // Each fact twice, to the one endpoint that wants it.
  });

  it('must tell all that the type has, and no more', () => {
    const facts = { type: 'lead.delivered', source: 'x', occurredAt: 'x', test: 'x' } as const;
    expect(() => eventTables({ ...facts, payload: { leadId: 'x' } })).toThrow(
      'lead.delivered is told without',
    );
  });
});
