import type { Transaction } from '#database';
import type { Reader } from '#ledger';
import { asCurrency, type CurrencyCode } from '#money';
import { invariant } from '#outcome';
import type { MethodSnapshot, PaymentMethodKind } from '#payments';
import {
  type BillingProfile,
  type BillingTerms,
  defaultNetTermsDays,
  defaultProfile,
  defaultTerms,
} from './billing-profile.js';

interface ProfileRecord {
  readonly buyer_id: string;
  readonly terms: BillingTerms;
  readonly net_terms_days: number;
  readonly currency: string;
  readonly credit_limit_minor: string | null;
  readonly recharge_below_minor: string | null;
  readonly recharge_minor: string | null;
  readonly billing_email: string | null;
  readonly provider_buyer_id: string | null;
  readonly provider_operation_id: string | null;
  readonly provider_tries: number;
  readonly provider_failure_code: string | null;
  readonly provider_has_email: boolean;
  readonly provider_setup_id: string | null;
  readonly method_id: string | null;
  readonly method_kind: PaymentMethodKind | null;
  readonly method_brand: string | null;
  readonly method_last4: string | null;
  readonly method_expires: string | null;
  readonly method_usable: boolean;
  readonly method_saved_at: Date | null;
  readonly method_refused_code: string | null;
  readonly ended_method_id: string | null;
  readonly recharge_next_at: Date | null;
  readonly recharge_failures: number;
  readonly recharge_failure_code: string | null;
  readonly credit_blocked_at: Date | null;
  readonly version: number;
}

const columns = `p.buyer_id, p.terms, p.net_terms_days, p.currency, p.credit_limit_minor, p.recharge_below_minor,
  p.recharge_minor, p.billing_email, p.provider_buyer_id, p.provider_operation_id, p.provider_tries,
  p.provider_failure_code, p.provider_has_email, p.provider_setup_id, p.method_id, p.method_kind, p.method_brand, p.method_last4,
  p.method_expires, p.method_usable, p.method_saved_at, p.method_refused_code, p.ended_method_id, p.recharge_next_at,
  p.recharge_failures, p.recharge_failure_code, p.credit_blocked_at, p.version`;

function profileOf(row: ProfileRecord): BillingProfile {
  const { method_id: id, method_kind: kind, method_saved_at: savedAt } = row;
  const { recharge_below_minor: below, recharge_minor: amount } = row;
  return {
    buyerId: row.buyer_id,
    terms: row.terms,
    netTermsDays: row.net_terms_days,
    currency: asCurrency(row.currency),
    creditLimitMinor: row.credit_limit_minor === null ? null : BigInt(row.credit_limit_minor),
    recharge:
      below === null || amount === null ? null : { belowMinor: BigInt(below), amountMinor: BigInt(amount) },
    billingEmail: row.billing_email,
    providerBuyerId: row.provider_buyer_id,
    providerOperationId: row.provider_operation_id,
    providerTries: row.provider_tries,
    providerFailureCode: row.provider_failure_code,
    providerHasEmail: row.provider_has_email,
    providerSetupId: row.provider_setup_id,
    method:
      id === null || kind === null || savedAt === null
        ? null
        : {
            id,
            kind,
            brand: row.method_brand ?? '',
            last4: row.method_last4 ?? '',
            expires: row.method_expires,
            usable: row.method_usable,
            savedAt,
            refusedCode: row.method_refused_code,
          },
    endedMethodId: row.ended_method_id,
    rechargeNextAt: row.recharge_next_at,
    rechargeFailures: row.recharge_failures,
    rechargeFailureCode: row.recharge_failure_code,
    creditBlockedAt: row.credit_blocked_at,
    version: row.version,
  };
}

/** In which currency a buyer's contracts are that nothing else is known of. */
const usualCurrency = `coalesce((select v.currency from contracts c
  join contract_versions v on v.agency_id = c.agency_id and v.contract_id = c.id
  where c.buyer_id = $1 order by c.id desc, v.version desc limit 1), 'USD')`;

/**
 * How a buyer pays, held FOR UPDATE until the end of the transaction: everything that happens to one buyer's money
 * happens one after the other, and this is the first row that each of it locks.
 */
export async function lockProfile(tx: Transaction, buyerId: string, now: Date): Promise<BillingProfile> {
  await tx.query(
    `insert into billing_profiles (buyer_id, terms, net_terms_days, currency, changed_at)
     values ($1, $2, $3, ${usualCurrency}, $4) on conflict on constraint billing_profiles_pkey do nothing`,
    [buyerId, defaultTerms, defaultNetTermsDays, now],
  );
  const [row] = await tx.query<ProfileRecord>(
    `select ${columns} from billing_profiles p where p.buyer_id = $1 for update`,
    [buyerId],
  );
  invariant(row, 'a billing profile was neither made nor found');
  return profileOf(row);
}

/** How these buyers pay; what holds by default for those of whom nothing is kept. */
export async function readProfiles(
  reader: Reader,
  buyerIds: readonly string[],
): Promise<readonly BillingProfile[]> {
  const rows = await reader.query<ProfileRecord>(
    `select ${columns} from billing_profiles p where p.buyer_id = any ($1::uuid[])`,
    [buyerIds],
  );
  const known = new Map(rows.map((row) => [row.buyer_id, profileOf(row)]));
  const missing = buyerIds.filter((id) => !known.has(id));
  for (const id of missing) {
    const [row] = await reader.query<{ currency: string }>(`select ${usualCurrency} as currency`, [id]);
    known.set(id, defaultProfile(id, asCurrency(row?.currency ?? 'USD')));
  }
  return buyerIds.flatMap((id) => known.get(id) ?? []);
}

export async function buyerOfProviderBuyer(
  tx: Transaction,
  providerBuyerId: string,
): Promise<string | undefined> {
  const [row] = await tx.query<{ id: string }>(
    'select buyer_id as id from billing_profiles where provider_buyer_id = $1',
    [providerBuyerId],
  );
  return row?.id;
}

export async function buyersOfMethod(tx: Transaction, methodId: string): Promise<readonly string[]> {
  const rows = await tx.query<{ id: string }>(
    'select buyer_id as id from billing_profiles where method_id = $1 order by buyer_id',
    [methodId],
  );
  return rows.map(({ id }) => id);
}

/** What people may change of a profile. */
export interface ProfileSettings {
  readonly terms: BillingTerms;
  readonly netTermsDays: number;
  readonly currency: CurrencyCode;
  readonly creditLimitMinor: bigint | null;
  readonly recharge: BillingProfile['recharge'];
  readonly billingEmail: string | null;
}

/** What was refused for reasons that these may have removed is tried again. */
export async function saveSettings(
  tx: Transaction,
  buyerId: string,
  settings: ProfileSettings,
  now: Date,
): Promise<void> {
  await tx.query(
    `update billing_profiles set terms = $2, net_terms_days = $3, currency = $4, credit_limit_minor = $5,
       recharge_below_minor = $6, recharge_minor = $7, billing_email = $8, provider_failure_code = null,
       recharge_next_at = null, recharge_failures = 0, recharge_failure_code = null, version = version + 1,
       changed_at = $9
     where buyer_id = $1`,
    [
      buyerId,
      settings.terms,
      settings.netTermsDays,
      settings.currency,
      settings.creditLimitMinor?.toString() ?? null,
      settings.recharge?.belowMinor.toString() ?? null,
      settings.recharge?.amountMinor.toString() ?? null,
      settings.billingEmail,
      now,
    ],
  );
}

/** The provider is asked to make the buyer. */
export async function saveBuyerRequest(
  tx: Transaction,
  buyerId: string,
  { operationId, hasEmail }: { readonly operationId: string; readonly hasEmail: boolean },
): Promise<void> {
  await tx.query(
    `update billing_profiles set provider_operation_id = $2, provider_tries = provider_tries + 1,
       provider_failure_code = null, provider_has_email = $3 where buyer_id = $1`,
    [buyerId, operationId, hasEmail],
  );
}

/** It has; a method that belonged to the one before is of no use any more. */
export async function saveProviderBuyer(
  tx: Transaction,
  buyerId: string,
  providerBuyerId: string,
): Promise<void> {
  await tx.query(
    `update billing_profiles set provider_operation_id = null, provider_buyer_id = $2, provider_failure_code = null,
       provider_setup_id = null, next_look_at = null, method_id = null, method_kind = null, method_brand = null,
       method_last4 = null, method_expires = null, method_usable = false, method_saved_at = null,
       method_refused_code = null, ended_method_id = method_id
     where buyer_id = $1`,
    [buyerId, providerBuyerId],
  );
}

/** `code` null: it may be asked for again as it was. */
export async function saveBuyerRefusal(tx: Transaction, buyerId: string, code: string | null): Promise<void> {
  await tx.query(
    `update billing_profiles set provider_operation_id = null, provider_failure_code = $2, provider_has_email = false
     where buyer_id = $1`,
    [buyerId, code],
  );
}

export async function saveSetup(
  tx: Transaction,
  buyerId: string,
  { setupId, now, lookAt }: { readonly setupId: string; readonly now: Date; readonly lookAt: Date },
): Promise<void> {
  await tx.query(
    `update billing_profiles set provider_setup_id = $2, setup_begun_at = $3, next_look_at = $4 where buyer_id = $1`,
    [buyerId, setupId, now, lookAt],
  );
}

/** Nothing more is expected of the setup. */
export async function endSetup(tx: Transaction, buyerId: string): Promise<void> {
  await tx.query('update billing_profiles set next_look_at = null where buyer_id = $1', [buyerId]);
}

/** A method that takes the place of the one before; what kept that one back says nothing about it. */
export async function saveMethod(
  tx: Transaction,
  buyerId: string,
  method: MethodSnapshot,
  now: Date,
): Promise<void> {
  const { id, kind, brand, last4, expires, usable } = method;
  await tx.query(
    `update billing_profiles set method_id = $2, method_kind = $3, method_brand = $4, method_last4 = $5,
       method_expires = $6, method_usable = $7, method_saved_at = $8, method_refused_code = null,
       recharge_next_at = null, recharge_failures = 0, recharge_failure_code = null, changed_at = $8
     where buyer_id = $1`,
    [buyerId, id, kind, brand, last4, expires, usable, now],
  );
}

/** The same method as it is now; a card that was renewed is worth another try. */
export async function refreshMethod(
  tx: Transaction,
  buyerId: string,
  method: MethodSnapshot,
  now: Date,
): Promise<void> {
  const { id, brand, last4, expires, usable } = method;
  await tx.query(
    `update billing_profiles set method_brand = $3, method_last4 = $4, method_expires = $5,
       method_usable = method_usable and $6,
       ended_method_id = case when $6 then ended_method_id else method_id end,
       method_refused_code = case when method_expires is distinct from $5 or method_last4 is distinct from $4
         then null else method_refused_code end,
       changed_at = $7
     where buyer_id = $1 and method_id = $2
       and (method_brand, method_last4, method_expires, method_usable) is distinct from ($3, $4, $5, method_usable and $6)`,
    [buyerId, id, brand, last4, expires, usable, now],
  );
}

/** It was taken off, at the provider or by its bank; news of it that come later do not bring it back. */
export async function removeMethod(
  tx: Transaction,
  buyerId: string,
  methodId: string,
  now: Date,
): Promise<void> {
  await tx.query(
    `update billing_profiles set method_id = null, method_kind = null, method_brand = null, method_last4 = null,
       method_expires = null, method_usable = false, method_saved_at = null, method_refused_code = null,
       ended_method_id = method_id, changed_at = $3
     where buyer_id = $1 and method_id = $2`,
    [buyerId, methodId, now],
  );
}

export async function refuseMethod(tx: Transaction, buyerId: string, code: string): Promise<void> {
  await tx.query(
    'update billing_profiles set method_refused_code = $2 where buyer_id = $1 and method_id is not null',
    [buyerId, code],
  );
}

/** How the last recharge ended; `nextAt` null: none is tried until something changes. */
export async function saveRecharge(
  tx: Transaction,
  buyerId: string,
  ended: { readonly failures: number; readonly code: string | null; readonly nextAt: Date | null },
): Promise<void> {
  await tx.query(
    `update billing_profiles set recharge_failures = $2, recharge_failure_code = $3, recharge_next_at = $4
     where buyer_id = $1`,
    [buyerId, ended.failures, ended.code, ended.nextAt],
  );
}

export async function saveCreditBlock(
  tx: Transaction,
  buyerId: string,
  { blockedAt, checkedAt }: { readonly blockedAt: Date | null; readonly checkedAt: Date },
): Promise<void> {
  await tx.query(
    'update billing_profiles set credit_blocked_at = $2, credit_checked_at = $3 where buyer_id = $1',
    [buyerId, blockedAt, checkedAt],
  );
}
