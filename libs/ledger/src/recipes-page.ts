import { invariant } from '#outcome';
import { type AccountRef, accountKinds } from './account.js';
import {
  balanceFilled,
  balanceSpent,
  clawbackNetted,
  clawbackWrittenOff,
  collected,
  collectionReturned,
  creditApplied,
  disputeFee,
  disputeLost,
  disputeOpened,
  disputeWon,
  fillingReturned,
  heldAgain,
  heldAgainAfterPayout,
  holdReleased,
  paidOutOfBand,
  providerFee,
  receivableWrittenOff,
  refundCameBack,
  refundDecided,
  refundDone,
  refundFailed,
  sentToBank,
  transferFailed,
  transferRequested,
  transferReversed,
  transferSucceeded,
} from './payment-recipes.js';
import type { NewPosting } from './posting.js';
import {
  agencyShareCorrected,
  chargeAccrued,
  chargeReversed,
  feeShareCorrected,
  settlementApproved,
} from './recipes.js';

interface Recipe {
  /** Whose book it is in, where it is not the agency's. */
  readonly book?: 'operator';
  readonly event: string;
  readonly keys: readonly string[];
  /** What the recipe posts for the sample amounts below. */
  readonly postings: readonly NewPosting[];
}

// Sample amounts stand for letters: each sum that a recipe may form has a value of its own.
const [a, f, c, h, p, o, m, e] = [1_000n, 30n, 5n, 400n, 70n, 2n, 9_000n, 20_000n];
const letters = new Map([
  [a, 'A'],
  [f, 'F'],
  [a + f, 'X'],
  [c, 'C'],
  [h, 'H'],
  [p, 'P'],
  [o, 'O'],
  [m, 'M'],
  [e, 'E'],
  [h + p + o, '−A'],
  [h + p + o - f, '−X'],
]);
const buyerId = 'buyer';
const split = { heldMinor: h, payableMinor: p, clawbackDueMinor: o };
const accrued = chargeAccrued({ payee: 'AGENCY', buyerId, amountMinor: a });
const feeAccrued = chargeAccrued({ payee: 'OPERATOR', buyerId, amountMinor: f });

const recipes: readonly Recipe[] = [
  {
    event: 'Charge of the agency: a delivered lead, a commission',
    keys: ['delivery:{id}:base', 'delivery:{id}:commission:{revision}', 'deal:{id}:commission:{revision}'],
    postings: accrued,
  },
  {
    event: "Charge of the operator: the platform fee of each of the agency's",
    keys: ['the same with :fee'],
    postings: feeAccrued,
  },
  {
    event: 'Restated upwards: the difference only',
    keys: ['deal:{id}:commission:{revision}', 'the same with :fee'],
    postings: accrued,
  },
  {
    event: 'Restated downwards before approval: the difference only',
    keys: ['deal:{id}:commission:{revision}', 'the same with :fee'],
    postings: chargeAccrued({ payee: 'AGENCY', buyerId, amountMinor: -a }),
  },
  {
    event: 'No longer owed, before approval: the exact mirror of each live journal',
    keys: ['charge:{id}:reversal'],
    postings: chargeReversed(accrued),
  },
  {
    event: 'Settlement approved; C is credit of the buyer that it uses up',
    keys: ['settlement:{id}:approve'],
    postings: settlementApproved({ buyerId, agencyMinor: a, feeMinor: f, creditAppliedMinor: c }),
  },
  {
    event: 'Settlement approved whose A is negative: it comes from H, P and O',
    keys: ['settlement:{id}:approve'],
    postings: settlementApproved({
      buyerId,
      agencyMinor: -(h + p + o),
      feeMinor: f,
      split,
      creditAppliedMinor: 0n,
    }),
  },
  {
    event: "Corrected after approval, the agency's share: from H, P and O",
    keys: ['charge:{id}:correction'],
    postings: agencyShareCorrected({ buyerId, split }),
  },
  {
    event: "Corrected after approval, the operator's fee",
    keys: ['charge:{id}:correction'],
    postings: feeShareCorrected({ buyerId, amountMinor: f }),
  },
];

const fromBuyers: readonly Recipe[] = [
  {
    event: "A buyer's payment arrives: what of it pays this book's statements",
    keys: ['charge:{id}', 'charge:{id}:reinstated:{movement}'],
    postings: collected(buyerId, m),
  },
  {
    book: 'operator',
    event: 'What the provider keeps of it',
    keys: ['charge:{id}:fee'],
    postings: providerFee(e),
  },
  {
    event: 'It goes back to the bank',
    keys: ['charge:{id}:returned:{movement}'],
    postings: collectionReturned(buyerId, m),
  },
  {
    event: "The buyer's credit in the same book pays a statement",
    keys: ['invoice:{id}:credit'],
    postings: creditApplied(buyerId, c),
  },
  { event: 'Paid another way', keys: ['collection:{id}'], postings: paidOutOfBand(buyerId, m) },
  {
    book: 'operator',
    event: 'The buyer fills up its balance',
    keys: ['charge:{id}'],
    postings: balanceFilled(buyerId, m),
  },
  {
    book: 'operator',
    event: 'What had filled it up goes back to the bank',
    keys: ['charge:{id}:returned:{movement}'],
    postings: fillingReturned(buyerId, m),
  },
  {
    book: 'operator',
    event: "The balance pays statements: the half in the operator's book",
    keys: ['collection:{id}'],
    postings: balanceSpent(buyerId, m).operator,
  },
  {
    event: "The balance pays statements: the half in the agency's book",
    keys: ['collection:{id}'],
    postings: balanceSpent(buyerId, m).agency,
  },
  {
    event: "The buyer will not pay M; H of it was to be the agency's and is still held",
    keys: ['settlement:{id}:written-off:{request}'],
    postings: receivableWrittenOff({ buyerId, amountMinor: m, heldMinor: h }),
  },
  {
    event: "The buyer's credit is to be given back",
    keys: ['refund:{id}:decided'],
    postings: refundDecided(buyerId, m),
  },
  { event: 'It is given back', keys: ['refund:{provider id}'], postings: refundDone(buyerId, m) },
  { event: 'It failed before it left', keys: ['refund:{id}:failed'], postings: refundFailed(buyerId, m) },
  {
    event: 'It left and came back',
    keys: ['refund:{provider id}:failed'],
    postings: refundCameBack(buyerId, m),
  },
  {
    event: 'The bank withdraws what the buyer contests',
    keys: ['dispute:{id}:dispute_opened:{movement}'],
    postings: disputeOpened(buyerId, m),
  },
  {
    book: 'operator',
    event: 'What the provider charges for it',
    keys: ['the same with :fee'],
    postings: disputeFee(e),
  },
  {
    event: 'The bank gives it back',
    keys: ['dispute:{id}:dispute_won:{movement}'],
    postings: disputeWon(buyerId, m),
  },
  {
    event: 'It is lost: the agency gives its share back out of H, P and O, the operator bears F',
    keys: ['dispute:{id}:lost'],
    postings: disputeLost({ buyerId, split, operatorMinor: f }),
  },
];

const toAgencies: readonly Recipe[] = [
  {
    event: 'The hold of a statement is over',
    keys: ['hold:{settlement}:{round}:release'],
    postings: holdReleased(h),
  },
  {
    event: 'Released money waits again: what was not sent, and what was sent and has gone',
    keys: ['hold:{settlement}:{round}:again'],
    postings: [...heldAgain(p), ...heldAgainAfterPayout(o)],
  },
  {
    event: 'What the agency owes is taken off before a transfer',
    keys: ['payout:{id}:netted'],
    postings: clawbackNetted(o),
  },
  { event: 'A transfer is asked for', keys: ['payout:{id}:request'], postings: transferRequested(p) },
  { event: 'It is done', keys: ['transfer:{payout id}'], postings: transferSucceeded(p) },
  { event: 'It was definitely refused', keys: ['payout:{id}:failed'], postings: transferFailed(p) },
  {
    event: 'It is reversed: O settles what the agency owes, P is payable again',
    keys: ['reversal:{provider id}'],
    postings: transferReversed(o, p),
  },
  {
    event: 'The agency need not give back what it owes',
    keys: ['clawback:{request}:written-off'],
    postings: clawbackWrittenOff(o),
  },
  {
    book: 'operator',
    event: "From the balance at the provider to the operator's bank; a top-up is the other way round",
    keys: ['funds:{movement}'],
    postings: sentToBank(m),
  },
];

/** The text of docs/ledger-recipes.md, made from the recipes themselves by posting sample amounts. */
export function ledgerRecipesMarkdown(): string {
  return `# Ledger recipes

Generated by \`npm run generate\` from \`libs/ledger/src\`. Every amount is moved by a posting that debits one account and
credits another. A is the agency's share, F the operator's fee, X = A + F. Where an agency gives money back, H comes from
what is held for it, P from what is payable to it, and O is owed by it from then on. M is an amount of money that moves,
E what the payment provider keeps. A posting of nothing is left out.

## What is earned

${tableOf(recipes)}

## What buyers pay

${tableOf(fromBuyers)}

## What agencies are sent

${tableOf(toAgencies)}

## Accounts

Each agency has a book, and the operator one; an account belongs to one book and one currency.

| account | grows by | one for each | may be negative | meaning |
|---|---|---|---|---|
${Object.entries(accountKinds)
  .map(([kind, info]) => {
    const cells = [
      `\`${kind}\``,
      info.normal.toLowerCase(),
      info.per.toLowerCase(),
      info.mayBeNegative ? 'yes' : 'no',
      info.meaning,
    ];
    return `| ${cells.join(' | ')} |`;
  })
  .join('\n')}
`;
}

function tableOf(rows: readonly Recipe[]): string {
  return `| event | debit / credit | idempotency key |
|---|---|---|
${rows.map(recipeRow).join('\n')}`;
}

function recipeRow({ book, event, postings, keys }: Recipe): string {
  const moves = postings.map(({ debit, credit, amountMinor }) => {
    return `${nameOf(debit)} / ${nameOf(credit)} ${letterOf(amountMinor)}`;
  });
  const forms = keys.map((key) => (key.includes('{') ? `\`${key}\`` : key));
  const where = book === 'operator' ? " (in the operator's book)" : '';
  return `| ${event}${where} | ${moves.join('<br>')} | ${forms.join('<br>')} |`;
}

function nameOf({ kind }: AccountRef): string {
  return `\`${kind}\``;
}

function letterOf(amountMinor: bigint): string {
  const letter = letters.get(amountMinor);
  invariant(letter, 'an amount of a sample has no letter');
  return letter;
}
