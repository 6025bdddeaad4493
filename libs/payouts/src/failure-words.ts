import { isAccountProblem, isShortage } from './payout.js';

/** Why a transfer or a reversal did not come about, for people. */
export function showFailure(code: string): string {
  if (isShortage(code))
    return "The operator's balance at the payment provider did not cover it. It is tried again.";
  if (isAccountProblem(code))
    return "The agency's account cannot receive money at present. It waits until it can.";
  switch (code) {
    case 'KEY_EXPIRED':
      return 'Nobody could tell in time what became of it, and the payment provider knows nothing of it. It is tried again.';
    case 'charge_already_refunded':
    case 'resource_missing':
      return 'What it refers to does not exist at the payment provider any more.';
    case 'balance_insufficient_in_account':
      return 'The money has left the account already.';
    default:
      return `The payment provider refused it (${code}).`;
  }
}
