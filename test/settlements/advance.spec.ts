import { newId, type Transaction } from '#database';
import { systemActor } from '#organizations';
import { done } from '#outcome';
import {
  advanceSettlements,
  lockSettlements,
  type SettlementMove,
  type SettlementMoved,
  type SettlementState,
  settlementStates,
  settlementTransitions,
  unapprovedStates,
} from '#settlements';
import {
  broken,
  charge,
  type OpenBook,
  openBook,
  prepareOctober,
  submitAndApprove,
  valueOf,
} from './open-book.js';

const actor = systemActor('collections');

let book: OpenBook;
let id: string;

beforeEach(async () => {
  book = await openBook();
  await charge(book);
  book.setNow('2026-11-05T00:00:00.000Z');
  id = await prepareOctober(book);
});
afterEach(async () => {
  expect(await broken(book)).toEqual([]);
  await book.close();
});

async function inTransaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
  return valueOf(await book.unitOfWork.run(async (tx) => done({ value: await work(tx) }))).value;
}

async function advance(...moves: readonly Partial<SettlementMove>[]): Promise<SettlementMoved[]> {
  const whole = moves.map((move) => ({
    agencyId: book.agencyId,
    id,
    from: ['APPROVED'] as const,
    to: 'COLLECTING' as const,
    note: null,
    ...move,
  }));
  return await inTransaction((tx) => advanceSettlements(tx, { actor, at: book.now(), moves: whole }));
}

it('leads from approval to the payout and back, with a history and with books that hold', async () => {
  await submitAndApprove(book, id);
  const [approved] = await book.settlements.byRefs([{ agencyId: book.agencyId, id }]);
  const path: SettlementState[] = ['APPROVED', 'COLLECTING', 'COLLECTED', 'HOLDING', 'TRANSFERRING'];
  path.push('TRANSFER_FAILED', 'HOLDING', 'TRANSFERRING', 'PAID', 'COLLECTION_FAILED', 'WRITTEN_OFF');
  let version = approved?.version ?? 0;
  for (const [index, to] of path.slice(1).entries()) {
    const from = path[index] ?? to;
    version += 1;
    const moved = await advance({ from: [from], to, note: `step ${index}` });
    expect(moved).toEqual([{ agencyId: book.agencyId, id, from, to, version }]);
    expect(await broken(book)).toEqual([]);
  }
  const history = await book.settlements.history([{ agencyId: book.agencyId, id }]);
  expect(history.slice(-10).map((event) => event.to)).toEqual(path.slice(1));
  expect(history.at(-1)).toMatchObject({
    actorId: 'system:collections',
    note: 'step 9',
    occurredAt: book.now(),
  });
  const [written] = await book.settlements.byRefs([{ agencyId: book.agencyId, id }]);
  expect(written).toEqual({ ...approved, state: 'WRITTEN_OFF', version });
});

it('leaves alone what is in another state', async () => {
  await submitAndApprove(book, id);
  expect(await advance({ from: ['COLLECTING', 'COLLECTION_FAILED'], to: 'COLLECTED' })).toEqual([]);
  expect(await advance({})).toHaveLength(1);
  expect(await advance({})).toEqual([]);
  expect(await advance()).toEqual([]);
});

it('throws for every step that is not in the table, and for every one that people take', async () => {
  await submitAndApprove(book, id);
  const people = new Set<SettlementState>(unapprovedStates);
  const illegal = settlementStates.flatMap((from) =>
    settlementStates
      .filter((to) => people.has(from) || !settlementTransitions[from].includes(to))
      .map((to) => ({ from: [from], to })),
  );
  for (const move of illegal)
    await expect(advance(move)).rejects.toThrow(/no settlement goes|acts of people/);
  await expect(advance({ from: ['APPROVED', 'COLLECTED'], to: 'COLLECTING' })).rejects.toThrow(
    'no settlement goes',
  );
  await expect(advance({}, {})).rejects.toThrow('moved twice at once');
  await expect(advance({ id: newId() })).rejects.toThrow('does not exist');
});

it('does not move what is not approved', async () => {
  expect(await advance({})).toEqual([]);
});

it('locks whole settlements in the order of their keys', async () => {
  const refs = [
    { agencyId: book.agencyId, id },
    { agencyId: book.agencyId, id: newId() },
  ];
  const locked = await inTransaction((tx) => lockSettlements(tx, refs));
  expect(locked).toEqual(await book.settlements.byRefs(refs));
  expect(locked.map((each) => each.id)).toEqual([id]);
  expect(await inTransaction((tx) => lockSettlements(tx, []))).toEqual([]);
});

it('twenty at once move two thousand settlements once each, whatever their order', async () => {
  await submitAndApprove(book, id);
  const refs = Array.from({ length: 2_000 }, () => ({ agencyId: book.agencyId, id: newId() }));
  await book.database.query(
    `insert into settlements select (jsonb_populate_record(s, jsonb_build_object('id', new.id, 'root_id', new.id,
       'number', new.id, 'time_zone', new.id))).* from settlements s, unnest($2::uuid[]) as new (id) where s.id = $1`,
    [id, refs.map((ref) => ref.id)],
  );
  const shuffled = (seed: number) => refs.toSorted((a, b) => order(a.id, seed) - order(b.id, seed));
  const results = await Promise.all(
    Array.from({ length: 20 }, async (_, seed) => await advance(...shuffled(seed))),
  );
  const moved = results.flat();
  expect(moved).toHaveLength(2_000);
  expect(new Set(moved.map((each) => each.id)).size).toBe(2_000);
  // They were copied without their lines and history: for the books they have never been.
  await book.dataSource.transaction(async (manager) => {
    const ids = [refs.map((ref) => ref.id)];
    await manager.query('set local session_replication_role = replica');
    await manager.query('alter table settlement_events disable trigger settlement_events_append_only');
    await manager.query('delete from settlement_events where settlement_id = any($1::uuid[])', ids);
    await manager.query('alter table settlement_events enable always trigger settlement_events_append_only');
    await manager.query('delete from settlements where id = any($1::uuid[])', ids);
  });
});

function order(id: string, seed: number): number {
  return (Number.parseInt(id.slice(-4), 16) * (seed + 3)) % 65_537;
}
