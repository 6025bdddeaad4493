import type { BookCurrency, Reader } from '#ledger';
import { asCurrency, type CurrencyCode } from '#money';
import type { SettlementRef, SettlementState } from '#settlements';
import type { AdjustmentReason } from './adjustment.js';
import { expectedOf, type Hold } from './hold.js';
import { shareCtes, waitingStates, wantedColumns } from './share-sql.js';

/** An approved settlement's agency share, and where it stands. Minor units. */
export interface Share extends SettlementRef {
  readonly buyerId: string;
  readonly number: string;
  readonly currency: CurrencyCode;
  readonly state: SettlementState;
  readonly approvedAt: Date;
  /** What the approval put into waiting. */
  readonly shareMinor: bigint;
  /** What was taken from the agency for the settlement's own sake since. */
  readonly takenMinor: bigint;
  /** What took something. */
  readonly takenBy: readonly AdjustmentReason[];
  /** What still waits; zero once it is released. */
  readonly expectedMinor: bigint;
  /** When the oldest dispute was opened that is not decided. */
  readonly disputedSince: Date | null;
  /** What the buyer was billed, and what of it is neither paid nor written off. */
  readonly billedMinor: bigint;
  readonly missingMinor: bigint;
  /** The latest round; null while the buyer has not paid for the first time. */
  readonly hold: Hold | null;
}

/** Whether a released share may be sent, and a waiting one released: it is paid for, and nobody contests it. */
export function isFree({ state, disputedSince, missingMinor }: Share): boolean {
  const states: readonly SettlementState[] = ['HOLDING', 'TRANSFER_FAILED', 'WRITTEN_OFF'];
  return states.includes(state) && disputedSince === null && missingMinor <= 0n;
}

/** The shares of these settlements as far as they are approved, in the order of their keys. */
export async function sharesOf(reader: Reader, refs: readonly SettlementRef[]): Promise<readonly Share[]> {
  if (refs.length === 0) return [];
  const rows = await reader.query<ShareRow>(
    `with ${shareCtes(
      `select ${wantedColumns} from settlements s
       where (s.agency_id, s.id) in (select * from unnest($1::uuid[], $2::uuid[])) and s.approved_at is not null`,
    )}
     select * from shares order by agency_id, id`,
    [refs.map(({ agencyId }) => agencyId), refs.map(({ id }) => id)],
  );
  return rows.map(shareOf);
}

/** Everything that waits in these books: what `held` in them is for. */
export async function waitingIn(reader: Reader, books: readonly BookCurrency[]): Promise<readonly Share[]> {
  if (books.length === 0) return [];
  const rows = await reader.query<ShareRow>(
    `with ${shareCtes(
      `select ${wantedColumns} from settlements s
       where (s.agency_id, s.currency) in (select * from unnest($1::uuid[], $2::bpchar[]))
         and s.state in (${waitingStates})`,
    )}
     select * from shares where released_at is null order by agency_id, id`,
    [books.map(({ bookId }) => bookId), books.map(({ currency }) => currency)],
  );
  return rows.map(shareOf);
}

export interface ShareRow {
  readonly agency_id: string;
  readonly id: string;
  readonly buyer_id: string;
  readonly number: string;
  readonly currency: string;
  readonly state: SettlementState;
  readonly approved_at: Date;
  readonly share_minor: string;
  readonly taken_minor: string;
  readonly is_corrected: boolean;
  readonly is_lost: boolean;
  readonly is_written_off: boolean;
  readonly disputed_since: Date | null;
  readonly billed_minor: string;
  readonly missing_minor: string;
  readonly round: number | null;
  readonly amount_minor: string | null;
  readonly taken_before_minor: string | null;
  readonly held_from: Date | null;
  readonly held_until: Date | null;
  readonly overridden_by: string | null;
  readonly override_approved_by: string | null;
  readonly released_at: Date | null;
  readonly released_minor: string | null;
  readonly undone_at: Date | null;
  readonly paid_at: Date | null;
}

/** Row to domain type. */
export function shareOf(row: ShareRow): Share {
  const hold = holdOf(row);
  const shareMinor = BigInt(row.share_minor);
  const takenMinor = BigInt(row.taken_minor);
  const waits = hold ?? { amountMinor: shareMinor, takenBeforeMinor: 0n, releasedAt: null };
  return {
    agencyId: row.agency_id,
    id: row.id,
    buyerId: row.buyer_id,
    number: row.number,
    currency: asCurrency(row.currency),
    state: row.state,
    approvedAt: row.approved_at,
    shareMinor,
    takenMinor,
    takenBy: takenBy(row),
    expectedMinor: waits.releasedAt === null ? expectedOf(waits, takenMinor) : 0n,
    disputedSince: row.disputed_since,
    billedMinor: BigInt(row.billed_minor),
    missingMinor: BigInt(row.missing_minor),
    hold,
  };
}

function takenBy(row: ShareRow): readonly AdjustmentReason[] {
  const { is_corrected: isCorrected, is_lost: isLost, is_written_off: isWrittenOff } = row;
  return [
    ...(isCorrected ? (['CORRECTION'] as const) : []),
    ...(isLost ? (['DISPUTE_LOST'] as const) : []),
    ...(isWrittenOff ? (['WRITTEN_OFF'] as const) : []),
  ];
}

function holdOf(row: ShareRow): Hold | null {
  if (row.round === null) return null;
  return {
    agencyId: row.agency_id,
    id: row.id,
    round: row.round,
    currency: asCurrency(row.currency),
    amountMinor: BigInt(row.amount_minor ?? 0),
    takenBeforeMinor: BigInt(row.taken_before_minor ?? 0),
    heldFrom: row.held_from,
    heldUntil: row.held_until,
    overriddenBy: row.overridden_by,
    overrideApprovedBy: row.override_approved_by,
    releasedAt: row.released_at,
    releasedMinor: row.released_minor === null ? null : BigInt(row.released_minor),
    undoneAt: row.undone_at,
    paidAt: row.paid_at,
  };
}
