import { requirementsDue, verifyAccount } from './account-state.js';
import { bookLate } from './charges.js';
import { decideDebit } from './confirm-payment.js';
import { disputeDue } from './disputes.js';
import { invoiceDue } from './invoices.js';
import { arrivePayout, arriveTopup, payOutEverything } from './payouts.js';
import { failRefund, finishRefund, returnDebit } from './refunds.js';
import { type Task } from './world.js';

/** What falls due by itself. */
export const tasks: Readonly<Record<string, Task>> = {
  automatic_payout: (world, { target }) => payOutEverything(world, target),
  book_charge: (world, { target }) => bookLate(world, target),
  decide_debit: (world, { target }) => decideDebit(world, target),
  dispute_due: (world, { target }) => disputeDue(world, target),
  invoice_due: (world, { target }) => invoiceDue(world, target),
  payout_arrives: (world, { target }) => arrivePayout(world, target),
  refund_done: (world, { target }) => finishRefund(world, target),
  refund_fails: (world, { target }) => {
    // It may have been canceled, or have failed, before.
    const status = world.store.get('refunds', target)?.status;
    if (status === 'pending' || status === 'succeeded') failRefund(world, target);
  },
  requirements_due: (world, { target }) => requirementsDue(world, target),
  return_debit: (world, { target }) => returnDebit(world, target),
  topup_arrives: (world, { target }) => {
    arriveTopup(world, target);
  },
  verify_account: (world, { target }) => {
    verifyAccount(world, target);
  },
};
