import { type DueRow } from './tables.js';
import { type World } from './world.js';

/** Has a task run for a row at a moment of virtual time (milliseconds). */
export function schedule(world: World, atMs: number, task: string, target: string): void {
  world.store.add('due', { id: `due_${world.store.next('due')}`, atMs, task, target });
}

export function isScheduled(world: World, task: string, target: string): boolean {
  for (const row of world.store.values('due')) if (row.task === task && row.target === target) return true;
  return false;
}

/**
 * Settles everything that has fallen due, in the order in which it did, each at its own moment: jumping a month
 * ahead gives the same rows as living through it.
 */
export function settleDue(world: World): number {
  let settled = 0;
  for (;;) {
    const next = earliest(world);
    if (next === undefined || next.atMs > world.clock.nowMs()) return settled;
    world.store.remove('due', next.id);
    const task = world.tasks[next.task];
    if (!task) throw new Error(`no task ${next.task}`);
    world.clock.at(next.atMs, () => task(world, next));
    settled += 1;
  }
}

function earliest(world: World): DueRow | undefined {
  let first: DueRow | undefined;
  for (const row of world.store.values('due')) if (!first || row.atMs < first.atMs) first = row;
  return first;
}
