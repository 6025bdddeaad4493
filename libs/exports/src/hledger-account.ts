import type { AccountKind } from '#ledger';
import type { Named, NamedAccount } from './ledger-posting.js';
import type { ShowId } from './shown-id.js';

/** hledger's five types of accounts, as far as these books have them; C is the cash among the assets. */
type AccountType = 'A' | 'C' | 'L' | 'R' | 'X';

const rootOfType = { A: 'assets', C: 'assets', L: 'liabilities', R: 'revenues', X: 'expenses' } as const;

/**
 * Where accountants look for each kind. The operator collects on behalf of agencies, so what they have earned is its
 * debt, and what they owe back or buyers owe is its asset; only its own fee is revenue.
 */
const typeOfKind: Readonly<Record<AccountKind, AccountType>> = {
  unbilled: 'A',
  receivable: 'A',
  stripe: 'C',
  bank: 'C',
  dispute_held: 'A',
  clawback_due: 'A',
  accrued: 'L',
  held: 'L',
  reserve: 'L',
  payable: 'L',
  in_transit: 'L',
  buyer_credit: 'L',
  refund_due: 'L',
  fee_deferred: 'L',
  fee_revenue: 'R',
  stripe_fees: 'X',
  dispute_fees: 'X',
  bad_debt: 'X',
  goodwill: 'X',
};

/** Every kind in the order in which an accountant reads a balance: as the table above has them. */
export const kindsInOrder = Object.keys(typeOfKind) as readonly AccountKind[];

/** `assets:receivable`: all accounts of a kind lie below it. */
export function accountOfKind(kind: AccountKind): string {
  return `${rootOfType[typeOfKind[kind]]}:${kind}`;
}

/** `account assets:receivable  ; type:A`: everything below has the same type. */
export function kindDirective(kind: AccountKind): string {
  return `account ${accountOfKind(kind)}  ; type:${typeOfKind[kind]}`;
}

/**
 * `assets:receivable:Ads Ltd org_01…:Roofs Inc org_01…`. The ids keep apart what has the same name, and stay when a
 * name changes.
 */
export function accountName({ kind, book, buyer }: NamedAccount, showId: ShowId): string {
  const parts = [accountOfKind(kind), partOf(book, showId)];
  if (buyer) parts.push(partOf(buyer, showId));
  return parts.join(':');
}

function partOf({ id, name }: Named, showId: ShowId): string {
  return `${plainName(name)} ${showId('organization', id)}`;
}

/**
 * A name that means nothing to hledger: letters, digits and a few harmless signs with single blanks between. A colon
 * would begin a sub-account, two blanks end the name, a semicolon begin a comment, a bar divide a description.
 */
export function plainName(name: string): string {
  const plain = name
    .normalize('NFC')
    .replaceAll(/[^\p{L}\p{M}\p{N}.,&'’+/-]+/gu, ' ')
    .trim();
  // A combining mark without a letter before it would join the colon or the blank.
  return plain === '' || /^\p{M}/u.test(plain) ? `unnamed ${plain}`.trim() : plain;
}
