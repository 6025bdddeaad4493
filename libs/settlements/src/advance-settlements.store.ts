import type { Transaction } from '#database';
import type { Actor } from '#organizations';
import { invariant } from '#outcome';
import {
  type Settlement,
  type SettlementRef,
  type SettlementState,
  settlementTransitions,
  unapprovedStates,
} from './settlement.js';
import { settlementColumns, settlementOf, type SettlementRecord } from './settlement.store.js';

/** A change of state that money has brought about. */
export interface SettlementMove extends SettlementRef {
  /** It moves only from one of these; in any other state it is left alone. */
  readonly from: readonly SettlementState[];
  readonly to: SettlementState;
  /** For the people who read the history; never personal data. */
  readonly note: string | null;
}

/** A settlement that has moved, with its new version. */
export interface SettlementMoved extends SettlementRef {
  readonly from: SettlementState;
  readonly to: SettlementState;
  readonly version: number;
}

const before: readonly SettlementState[] = unapprovedStates;

/**
 * Moves approved settlements on, thousands at once: locks them in the order of their keys, changes those that are in
 * one of their `from` states and keeps an event for each. Gives back those that moved, in that order; who moved them
 * before, or otherwise, is not an error, for what is known of money comes twice and late. A step of the caller's
 * transaction. Throws for a move that is not in the table of transitions, that is about an unapproved state, that names
 * a settlement twice, and for a settlement that does not exist.
 */
export async function advanceSettlements(
  tx: Transaction,
  wanted: { readonly actor: Actor; readonly at: Date; readonly moves: readonly SettlementMove[] },
): Promise<SettlementMoved[]> {
  const { actor, at, moves } = wanted;
  moves.forEach(checkMove);
  const byKey = new Map(moves.map((move) => [keyOf(move), move]));
  invariant(byKey.size === moves.length, 'a settlement is moved twice at once');
  const locked = await lockStates(tx, moves);
  invariant(locked.length === moves.length, 'a settlement that moves does not exist');
  const moving = locked.flatMap(({ agencyId, id, state }) => {
    const move = byKey.get(keyOf({ agencyId, id }));
    return move?.from.includes(state) ? [{ ...move, state }] : [];
  });
  return await move(tx, { actor, at, moving });
}

function checkMove({ from, to }: SettlementMove): void {
  for (const state of from) {
    invariant(!before.includes(state), 'a settlement that is not approved moves by the acts of people only');
    invariant(settlementTransitions[state].includes(to), `no settlement goes from ${state} to ${to}`);
  }
}

function keyOf({ agencyId, id }: SettlementRef): string {
  return `${agencyId} ${id}`;
}

async function lockStates(
  tx: Transaction,
  refs: readonly SettlementRef[],
): Promise<(SettlementRef & { readonly state: SettlementState })[]> {
  if (refs.length === 0) return [];
  return await tx.query(
    `select s.agency_id as "agencyId", s.id, s.state from settlements s
     where (s.agency_id, s.id) in (select * from unnest($1::uuid[], $2::uuid[]))
     order by s.agency_id, s.id for update of s`,
    [refs.map(({ agencyId }) => agencyId), refs.map(({ id }) => id)],
  );
}

// A statement of its own after the lock, so that it sees what those have changed whom the lock waited for.
async function move(
  tx: Transaction,
  wanted: {
    readonly actor: Actor;
    readonly at: Date;
    readonly moving: readonly (SettlementMove & { readonly state: SettlementState })[];
  },
): Promise<SettlementMoved[]> {
  const { actor, at, moving } = wanted;
  if (moving.length === 0) return [];
  const versions = await tx.query<SettlementRef & { readonly version: number }>(
    `with moves as (
       select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[])
         as m (agency_id, id, from_state, to_state, note)),
     moved as (
       update settlements s set state = m.to_state, version = s.version + 1
       from moves m where s.agency_id = m.agency_id and s.id = m.id and s.state = m.from_state
       returning s.agency_id, s.id, s.version)
     insert into settlement_events (agency_id, settlement_id, version, from_state, to_state, actor, note, occurred_at)
     select m.agency_id, m.id, d.version, m.from_state, m.to_state, $6, m.note, $7::timestamptz
     from moves m join moved d on d.agency_id = m.agency_id and d.id = m.id
     returning agency_id as "agencyId", settlement_id as id, version`,
    [
      moving.map(({ agencyId }) => agencyId),
      moving.map(({ id }) => id),
      moving.map(({ state }) => state),
      moving.map(({ to }) => to),
      moving.map(({ note }) => note),
      actor.id,
      at,
    ],
  );
  const versionOf = new Map(versions.map((row) => [keyOf(row), row.version]));
  return moving.map(({ agencyId, id, state, to }) => {
    const version = versionOf.get(keyOf({ agencyId, id }));
    invariant(version !== undefined, 'a locked settlement has not moved');
    return { agencyId, id, from: state, to, version };
  });
}

/** These settlements, held FOR UPDATE in the order of their keys until the transaction ends; those that exist. */
export async function lockSettlements(
  tx: Transaction,
  refs: readonly SettlementRef[],
): Promise<Settlement[]> {
  if (refs.length === 0) return [];
  const rows = await tx.query<SettlementRecord>(
    `select ${settlementColumns} from settlements s
     where (s.agency_id, s.id) in (select * from unnest($1::uuid[], $2::uuid[]))
     order by s.agency_id, s.id for update of s`,
    [refs.map(({ agencyId }) => agencyId), refs.map(({ id }) => id)],
  );
  return rows.map(settlementOf);
}
