import type { Transaction } from '#database';
import { keepOffers, pastOffers, type RoutedAtDesk } from '#routing';
import type { IntakeLead, Pending } from './pending.js';
import { type HeldPing, type PingContent, pingKey, PingSheet } from './ping-content.js';

interface PingRow {
  readonly agency_id: string;
  readonly id: string;
  readonly content: PingContent;
  readonly expires_at: Date;
  readonly posted_at: Date | null;
}

/** Holds the pings that leads of a batch are posted with, so that each sells one lead. Null, and no trip, where there are none. */
export async function holdPings(
  tx: Transaction,
  batch: readonly Pending[],
  now: Date,
): Promise<PingSheet | null> {
  const wanted = new Map<string, { readonly agencyId: string; readonly leadId: string }>();
  for (const { checked } of batch) {
    if (!checked.ok || checked.value.isReleased) continue;
    const { agencyId, submission } = checked.value;
    const { pingId } = submission;
    if (pingId !== undefined) wanted.set(pingKey({ agencyId, pingId }), { agencyId, leadId: pingId });
  }
  if (wanted.size === 0) return null;
  const refs = [...wanted.values()];
  const rows = await tx.query<PingRow>(
    `select p.agency_id, p.id, p.content, p.expires_at, p.posted_at
     from unnest($1::uuid[], $2::uuid[]) as k (agency_id, id) join pings p using (agency_id, id)
     order by p.agency_id, p.id for no key update of p`,
    [refs.map(({ agencyId }) => agencyId), refs.map(({ leadId }) => leadId)],
  );
  const found = rows.map((row) => ({ agencyId: row.agency_id, leadId: row.id }));
  const offers = await pastOffers(tx, found, now);
  return new PingSheet(
    new Map(
      rows.map((row): [string, HeldPing] => [
        pingKey({ agencyId: row.agency_id, pingId: row.id }),
        {
          content: row.content,
          expiresAt: row.expires_at,
          isPosted: row.posted_at !== null,
          offers: offers.get(row.id) ?? null,
        },
      ]),
    ),
  );
}

/**
 * Keeps what was offered of the leads of a batch, and that those which were posted with a ping have used it up. Every statement goes
 * out at once: the commit may be right behind them.
 */
export async function keepOffered(
  tx: Transaction,
  kept: readonly { readonly lead: IntakeLead }[],
  { desks, isNew, pings, now }: Offered,
): Promise<void> {
  // What is claimed is counted by who claims it.
  if (kept.some(({ lead }) => lead.offers?.claim)) return;
  await Promise.all([
    keepOffers(tx, desks, { isNew: isNew && !pings, now }),
    pings && usePings(tx, kept, now),
  ]);
}

async function usePings(
  tx: Transaction,
  kept: readonly { readonly lead: IntakeLead }[],
  now: Date,
): Promise<void> {
  const used = kept.flatMap(({ lead: { agencyId, submission } }) =>
    submission.pingId === undefined ? [] : [{ agencyId, pingId: submission.pingId }],
  );
  await tx.query(
    `update pings p set posted_at = $3 from unnest($1::uuid[], $2::uuid[]) as k (agency_id, id)
     where p.agency_id = k.agency_id and p.id = k.id`,
    [used.map(({ agencyId }) => agencyId), used.map(({ pingId }) => pingId), now],
  );
}

interface Offered {
  readonly desks: readonly RoutedAtDesk[];
  /** None of the leads was there before. */
  readonly isNew: boolean;
  readonly pings: PingSheet | null;
  readonly now: Date;
}
