/**
 * Five things happened at the provider; they are told one by one, each applied before the next, in all of their orders.
 * Every order starts from the same database, and Stripe is the same for all: nothing new is sent meanwhile.
 *
 * Red when: news of what is not known yet are forgotten, or what is told last wins.
 */
import { Branch } from './branch.js';
import { type Canonical, canonicalState } from './canonical.js';
import { Rewind } from './databases.js';
import { fiveUntold, keepMonth } from './told-month.js';

const longMs = 240_000;

it(
  'five events end in the same state in each of their 120 orders',
  async () => {
    const kept = await keepMonth();
    const branch = await Branch.open(kept);
    const events = await fiveUntold(branch, kept.built);
    const before = await Rewind.remember(branch.databaseUrl);
    const toldIn = async (order: readonly string[]): Promise<Canonical> => {
      await before.run();
      for (const event of order) {
        expect(await branch.bank.redeliver({ event })).toContain(200);
        await branch.doOnly((name) => name === 'apply-events');
      }
      // What follows from it; but what is sent would make it another Stripe for the next order.
      await branch.doOnly((name) => name !== 'send-operations' && name !== 'mirror-funds');
      return await canonicalState(branch.database);
    };
    const inOrder = await toldIn(events);
    expect(await branch.differences()).toEqual([]);
    const orders = ordersOf(events);
    expect(orders).toHaveLength(120);
    const others: string[] = [];
    for (const order of orders) {
      const told = await toldIn(order);
      if (JSON.stringify(told) !== JSON.stringify(inOrder))
        others.push(order.map((each) => events.indexOf(each)).join());
    }
    expect(others).toEqual([]);
    await before.close();
    await branch.close();
    await kept.remove();
  },
  longMs,
);

function ordersOf<T>(list: readonly T[]): readonly (readonly T[])[] {
  if (list.length < 2) return [list];
  return list.flatMap((first, index) => ordersOf(list.toSpliced(index, 1)).map((rest) => [first, ...rest]));
}
