import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Database, newId, type Transaction, UnitOfWork } from '#database';
import type { LeadToTry, PingContent } from '#leads';
import type { Actor } from '#organizations';
import { done } from '#outcome';
import type { EntryOutcome, LeadOffered } from '#routing';
import type { BidAnswered } from './ask-buyers.action.js';
import { insertBids } from './offer-queue.store.js';

/** What was told of each contract, as plain JSON. */
export interface PingAnswered {
  readonly summary: string;
  readonly entries: readonly {
    readonly contractId: string;
    readonly outcome: EntryOutcome;
    readonly reason: string;
    readonly amountMinor: string | null;
    readonly currency: string | null;
  }[];
}

/** A ping as it was answered. */
export interface PingKept extends PingAnswered {
  readonly id: string;
  /** Null: nobody would take it, or nobody knows before it may be claimed. */
  readonly priceMinor: bigint | null;
  readonly currency: string | null;
  /** The price is a bid, which holds until it expires. */
  readonly isBid: boolean;
  readonly expiresAt: Date;
}

/** A round that was held for a ping. */
export interface PingRound {
  readonly offer: LeadOffered;
  /** By contract: what names the ask to the buyer. */
  readonly offerIds: ReadonlyMap<string, string>;
  readonly bids: readonly BidAnswered[];
}

interface PingRow {
  readonly id: string;
  readonly content: PingContent;
  readonly price_minor: string | null;
  readonly currency: string | null;
  readonly answer: PingAnswered & { readonly isBid: boolean };
  readonly expires_at: Date;
}

/** The right to ask for a ping of one name. */
export interface PingClaim {
  readonly agencyId: string;
  readonly name: Buffer;
  readonly token: string;
}

/** So many of one name are compared at most: one tells the same, and who changes what it tells does so a few times. */
const mostLooked = 20;
/** Pings that came to nothing are forgotten after so many days; until then it is told that they have expired. */
const keptDays = 7;

/** Keeps what agencies asked before they send a lead. Nothing of it is about the person, and what it told of the lead is hashed. */
@Injectable()
export class PingStore {
  constructor(
    private readonly database: Database,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /**
   * Takes the name of a ping for so long, so that one asks at a time, whichever process it is. Gives what names the claim; undefined
   * while somebody else has it.
   */
  async claim(agencyId: string, toTry: LeadToTry, forMs: number): Promise<PingClaim | undefined> {
    const claim: PingClaim = { agencyId, name: nameOf(toTry), token: newId() };
    const outcome = await this.unitOfWork.run(async (tx) => {
      const taken = await tx.query<{ token: string }>(
        `insert into ping_claims (agency_id, name, token, expires_at)
         values ($1, $2, $3, clock_timestamp() + $4 * interval '1 millisecond')
         on conflict (agency_id, name) do update set token = excluded.token, expires_at = excluded.expires_at
           where ping_claims.expires_at <= clock_timestamp()
         returning token`,
        [claim.agencyId, claim.name, claim.token, forMs],
      );
      return done(taken.length > 0);
    });
    return outcome.ok && outcome.value ? claim : undefined;
  }

  /** Gives the name back. */
  async release(claim: PingClaim): Promise<void> {
    await this.unitOfWork.run(async (tx) => done(await dropClaim(tx, claim)));
  }

  /** The newest of this name that lives, was not posted, and told the same. */
  async live(agencyId: string, toTry: LeadToTry, now: Date): Promise<PingKept | undefined> {
    const rows = await this.database.query<PingRow>(
      `select id, content, price_minor, currency, answer, expires_at from pings
       where agency_id = $1 and external_id = $2 and test = $3 and posted_at is null and expires_at > $4
       order by id desc limit ${mostLooked}`,
      [agencyId, toTry.externalId, toTry.test, now],
    );
    const row = rows.find(({ content }) => isSame(content, toTry.content));
    return row && pingOf(row);
  }

  /** Those among these that are the actor's, in no order. */
  async byIds({ organizationId, mode }: Actor, ids: readonly string[]): Promise<PingKept[]> {
    const rows = await this.database.query<PingRow>(
      `select id, content, price_minor, currency, answer, expires_at from pings
       where agency_id = $1 and id = any ($2::uuid[]) and (test or not $3)`,
      [organizationId, ids, mode === 'test'],
    );
    return rows.map(pingOf);
  }

  /**
   * With the rounds that were held for it: what was bid counts when the lead is posted. Ends the claim; false, and nothing is kept, when
   * it has passed to somebody else.
   */
  async keep(
    actor: Actor,
    {
      ping,
      toTry,
      rounds,
      now,
      claim,
    }: {
      readonly ping: PingKept;
      readonly toTry: LeadToTry;
      readonly rounds: readonly PingRound[];
      readonly now: Date;
      readonly claim: PingClaim;
    },
  ): Promise<boolean> {
    const { id, priceMinor, currency, expiresAt, summary, entries, isBid } = ping;
    const outcome = await this.unitOfWork.run(async (tx) => {
      if (!(await dropClaim(tx, claim))) return done(false);
      await tx.query(
        `insert into pings (agency_id, id, external_id, test, content, price_minor, currency, answer, expires_at, created_by,
           created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
        [
          actor.organizationId,
          id,
          toTry.externalId,
          toTry.test,
          JSON.stringify(toTry.content),
          priceMinor?.toString() ?? null,
          currency,
          JSON.stringify({ summary, entries, isBid }),
          expiresAt,
          actor.id,
          now,
        ],
      );
      for (const [index, round] of rounds.entries()) await insertRound(tx, round, { number: index + 1, now });
      return done(true);
    });
    return outcome.ok && outcome.value;
  }

  /** Forgets old ones that were never posted, at most so many; gives how many. */
  async prune(now: Date, limit: number): Promise<number> {
    await this.unitOfWork.run(async (tx) => {
      await tx.query(
        `delete from ping_claims where (agency_id, name) in (
           select agency_id, name from ping_claims where expires_at < clock_timestamp() limit $1 for update skip locked)`,
        [limit],
      );
      return done(null);
    });
    const rows = await this.database.query<{ id: string }>(
      `delete from pings where (agency_id, id) in (
         select agency_id, id from pings where posted_at is null
           and expires_at < $1::timestamptz - make_interval(days => ${keptDays}) limit $2) returning id`,
      [now, limit],
    );
    return rows.length;
  }
}

async function dropClaim(tx: Transaction, { agencyId, name, token }: PingClaim): Promise<boolean> {
  const dropped = await tx.query<{ token: string }>(
    'delete from ping_claims where agency_id = $1 and name = $2 and token = $3 returning token',
    [agencyId, name, token],
  );
  return dropped.length > 0;
}

/** The same for the same name that tells the same. */
function nameOf({ externalId, test, content }: LeadToTry): Buffer {
  const told = Object.entries(content).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([externalId, test, told]))
    .digest();
}

function pingOf(row: PingRow): PingKept {
  return {
    id: row.id,
    priceMinor: row.price_minor === null ? null : BigInt(row.price_minor),
    currency: row.currency,
    expiresAt: row.expires_at,
    ...row.answer,
  };
}

async function insertRound(
  tx: Transaction,
  { offer, offerIds, bids }: PingRound,
  { number, now }: { readonly number: number; readonly now: Date },
): Promise<void> {
  const { agencyId, leadId, routeId, routeVersion, most, contracts } = offer;
  await tx.query(
    `insert into lead_offers (agency_id, lead_id, number, method, route_id, route_version, state, most, opened_at, closed_at)
     values ($1, $2, $3, 'PING_POST', $4, $5, 'HELD', $6, $7, $7)`,
    [agencyId, leadId, number, routeId, routeVersion, most, now],
  );
  await tx.query(
    `insert into lead_offer_contracts (agency_id, lead_id, number, contract_id, buyer_id, id, price_minor, currency, is_open)
     select $1, $2, $3, c.contract_id, c.buyer_id, c.id, c.price_minor, c.currency, false
     from json_to_recordset($4::json) as c(contract_id uuid, buyer_id uuid, id uuid, price_minor bigint, currency char(3))`,
    [
      agencyId,
      leadId,
      number,
      JSON.stringify(
        contracts.map(({ contractId, buyerId, priceMinor, currency }) => ({
          contract_id: contractId,
          buyer_id: buyerId,
          id: offerIds.get(contractId),
          price_minor: priceMinor.toString(),
          currency,
        })),
      ),
    ],
  );
  await insertBids(tx, { agencyId, leadId, number }, { bids, now });
}

function isSame(a: PingContent, b: PingContent): boolean {
  const names = Object.keys(b);
  return names.length === Object.keys(a).length && names.every((name) => a[name] === b[name]);
}
