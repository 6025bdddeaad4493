import { Turns } from './turns.js';

describe('Turns', () => {
  it('looks at what else there is to do between two that came at once', async () => {
    const turns = new Turns();
    const order: string[] = [];
    const ended = new Promise<void>((resolve) => {
      turns.take(() => {
        order.push('first');
        // As the answer of a database that comes while the second waits.
        setImmediate(() => order.push('answer'));
      });
      turns.take(() => order.push('second'));
      turns.take(() => {
        order.push('third');
        resolve();
      });
    });
    expect(order).toEqual([]);
    await ended;
    expect(order.toSorted()).toEqual(['answer', 'first', 'second', 'third']);
    expect(order.indexOf('answer')).toBeLessThan(order.indexOf('third'));
  });
});
