import { type ContractTerms, showDays } from '#contracts';
import type { Delivery } from '#leads';
import { insideClawbackWindow } from './deal.js';

/** What is left of a qualification that a fact takes back, and what the caller is told about it. */
export interface Withdrawal {
  readonly qualifiedAt: Date | null;
  readonly notes: readonly string[];
}

/**
 * Takes back that a lead is of high quality, which is possible for as long as a deal could be taken back: until
 * `clawbackWindowDays` days of 24 hours after the lead was qualified, that instant included. Later the fact is kept,
 * and the qualification with whatever was paid for it.
 */
export function withdrawQualification(
  { qualifiedAt, test }: Pick<Delivery, 'qualifiedAt' | 'test'>,
  terms: ContractTerms,
  now: Date,
): Withdrawal {
  const { clawbackWindowDays } = terms;
  if (qualifiedAt === null || insideClawbackWindow(qualifiedAt, clawbackWindowDays, now)) {
    return { qualifiedAt: null, notes: [] };
  }
  const paid = terms.commissionBasis === 'PER_LEAD' && terms.commissionTrigger === 'QUALIFIED' && !test;
  const text = `The clawback window of ${showDays(clawbackWindowDays)} after the lead was qualified is over: the commission stays.`;
  return { qualifiedAt, notes: paid ? [text] : [] };
}
