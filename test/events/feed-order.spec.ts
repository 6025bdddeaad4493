/** Whoever follows the feed misses nothing and sees nothing twice, however transactions overlap. */
import fc from 'fast-check';
import { newId } from '#database';
import { emit } from '#events';
import { done } from '#outcome';
import { type OpenEvents, openEvents, wholeFeed } from './open-events.js';

const writers = 20;
let it_: OpenEvents;
beforeAll(async () => {
  it_ = await openEvents(writers + 4);
});
afterAll(() => it_.close());

/** A transaction that stays open, with what it told, until it is let go. */
async function openTransaction(events: number) {
  const facts = Array.from({ length: events }, () => it_.deal());
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  let tell: () => void = () => undefined;
  const told = new Promise<void>((resolve) => (tell = resolve));
  const ended = it_.unitOfWork.run(async (tx) => {
    for (const fact of facts) await emit(tx, fact);
    tell();
    await released;
    return done(undefined);
  });
  await told;
  return { facts, commit: async () => (release(), await ended) };
}

type Open = Awaited<ReturnType<typeof openTransaction>>;

/** Follows the feed from where it stood, with small pages. */
class Follower {
  readonly seen: string[] = [];
  private last: string | undefined;

  constructor(private readonly side: 'agency' | 'buyer' | 'operator') {}

  async read(): Promise<void> {
    for (;;) {
      const after = this.last === undefined ? {} : { after: [this.last] };
      const page = await it_.queries.page(it_.actor(this.side), null, {
        limit: 3,
        backwards: false,
        ...after,
      });
      const rows = page.slice(0, 3);
      this.seen.push(...rows.map(({ id }) => id));
      this.last = rows.at(-1)?.id ?? this.last;
      if (page.length <= 3) return;
    }
  }
}

const steps = fc.array(
  fc.oneof(
    fc.record({ act: fc.constant('begin' as const), events: fc.integer({ min: 0, max: 3 }) }),
    fc.record({ act: fc.constant('commit' as const), which: fc.nat() }),
    fc.record({ act: fc.constant('read' as const), which: fc.nat() }),
  ),
  { maxLength: 25 },
);

it('in whatever order transactions begin, write and end', async () => {
  const followers = [new Follower('agency'), new Follower('buyer'), new Follower('operator')];
  await fc.assert(
    fc.asyncProperty(steps, async (list) => {
      const open: Open[] = [];
      for (const step of list) {
        if (step.act === 'begin' && open.length < writers) open.push(await openTransaction(step.events));
        if (step.act === 'commit') await open.splice(step.which % (open.length || 1), 1)[0]?.commit();
        if (step.act === 'read') await followers[step.which % followers.length]?.read();
      }
      for (const transaction of open) await transaction.commit();
    }),
    { numRuns: 60 },
  );
  for (const follower of followers) await follower.read();
  const all = (await wholeFeed(it_.queries, it_.actor('operator'), 100)).map(({ id }) => id);
  for (const { seen } of followers) expect(seen).toEqual(all);
  const [row] = await it_.database.query<{ count: number }>('select count(*)::int as count from events');
  expect(all).toHaveLength(row?.count ?? 0);
}, 120_000);

it('while twenty write as fast as they can, some of them for long', async () => {
  const follower = new Follower('buyer');
  await follower.read();
  const before = follower.seen.length;
  let isOver = false;
  const following = (async () => {
    while (!isOver) await follower.read();
  })();
  await Promise.all(
    Array.from({ length: writers }, async (_, writer) => {
      for (let at = 0; at < 15; at += 1) {
        const transaction = await openTransaction(1);
        // Every fourth writer stays open while others come and go.
        if (writer % 4 === 0) for (let turn = 0; turn < 10; turn += 1) await it_.database.query('select 1');
        await transaction.commit();
      }
    }),
  );
  isOver = true;
  await following;
  await follower.read();
  expect(follower.seen.length - before).toBe(writers * 15);
  expect(new Set(follower.seen).size).toBe(follower.seen.length);
  expect(follower.seen).toEqual([...follower.seen].sort());
}, 120_000);

it('one that is open long holds back what came after it began, and nothing else', async () => {
  const [first, second] = [await openTransaction(1), await openTransaction(1)];
  const count = async () => (await wholeFeed(it_.queries, it_.actor('agency'), 100)).length;
  const before = await count();
  await second.commit();
  expect(await count()).toBe(before);
  await first.commit();
  expect(await count()).toBe(before + 2);
  // Who only reads holds nothing back.
  await it_.unitOfWork.run(async (tx) => {
    await tx.query('select count(*) from events');
    await it_.tell(it_.deal({ dealId: newId() }));
    expect(await count()).toBe(before + 3);
    return done(undefined);
  });
});
