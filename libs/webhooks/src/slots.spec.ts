import { EndpointSlots } from './slots.js';

function beginAll(slots: EndpointSlots, id: string): number {
  const free = slots.free(id);
  for (let at = 0; at < free; at += 1) slots.begin(id);
  return free;
}

it('an endpoint that takes what it is sent is sent more at a time, up to 32', () => {
  const slots = new EndpointSlots();
  const rounds: number[] = [];
  for (let round = 0; round < 7; round += 1) {
    const begun = beginAll(slots, 'a');
    expect(slots.free('a')).toBe(0);
    for (let at = 0; at < begun; at += 1) slots.end('a', true);
    rounds.push(begun);
  }
  expect(rounds).toEqual([2, 4, 8, 16, 32, 32, 32]);
});

it('one that fails is sent one at a time, and others do not feel it', () => {
  const slots = new EndpointSlots();
  beginAll(slots, 'a');
  slots.end('a', false);
  expect(slots.free('a')).toBe(0); // The other of the two is still under way.
  slots.end('a', false);
  expect([slots.free('a'), slots.free('b')]).toEqual([1, 2]);
});

it('tells which are not as free as an unknown one', () => {
  const slots = new EndpointSlots();
  slots.begin('a');
  slots.begin('b');
  slots.end('b', false);
  expect(slots.exceptions()).toEqual([
    { endpointId: 'b', free: 1 },
    { endpointId: 'a', free: 1 },
  ]);
});

it('forgets who is idle, and not who is not', () => {
  const slots = new EndpointSlots();
  slots.begin('busy');
  slots.begin('busy');
  slots.end('busy', true);
  for (let at = 0; at < 2_000; at += 1) {
    slots.begin(`idle ${at}`);
    slots.end(`idle ${at}`, true);
  }
  expect(slots.exceptions().length).toBeLessThanOrEqual(1_000);
  expect(slots.free('busy')).toBe(2);
});
