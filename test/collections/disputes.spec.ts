/** What a buyer contests: withdrawn, won, lost, in part, again, and of its balance. */
import { newId } from '#database';
import type { DisputeSnapshot, FundsMovement } from '#payments';
import { type Billing, dollars, openBilling, type Statement, usd, valueOf } from './open-billing.js';

let billing: Billing;
/** Movements that were made up are not in the sandbox. */
let isMadeUp: boolean;
beforeEach(async () => {
  isMadeUp = false;
  billing = await openBilling();
  await billing.saveMethod('pm_card_visa');
});
afterEach(async () => {
  if (isMadeUp) expect(await billing.broken()).toEqual([]);
  else await billing.verify();
  await billing.close();
});

async function paid(): Promise<{ statement: Statement; charge: string }> {
  const statement = await billing.statement({ agencyMinor: 90_000n, feeMinor: 10_000n });
  await billing.work();
  const { providerChargeId } = await billing.lastCollection();
  return { statement, charge: providerChargeId ?? '' };
}

const held = async (): Promise<bigint> => await billing.balance(billing.agencyId, 'dispute_held');

it('withdraws, costs a fee, and is given back when it is won', async () => {
  const { charge } = await paid();
  const { id: dispute } = billing.sandbox.control.openDispute({ charge });
  await billing.tell('dispute', dispute);
  expect(await held()).toBe(100_000n);
  expect(await billing.balance(billing.operatorId, 'dispute_fees')).toBe(1_500n);
  billing.sandbox.control.resolveDispute({ dispute, won: true });
  // Nobody tells of it: it is looked at.
  await billing.days(1);
  expect(await held()).toBe(0n);
  const [known] = await billing.disputes.page(billing.preparer, {}, { limit: 9, backwards: false });
  expect(known).toMatchObject({ state: 'WON', amountMinor: 100_000n, nature: 'DISPUTE' });
  expect(await billing.balance(billing.agencyId, 'held')).toBe(90_000n);
});

it('takes the share of the agency when it is lost, and the operator bears its own', async () => {
  const { statement, charge } = await paid();
  const { id: dispute } = billing.sandbox.control.openDispute({ charge });
  billing.sandbox.control.resolveDispute({ dispute, won: false });
  await billing.tell('dispute', dispute);
  expect(await held()).toBe(0n);
  expect(await billing.balance(billing.agencyId, 'held')).toBe(0n);
  expect(await billing.balance(billing.agencyId, 'bad_debt')).toBe(10_000n);
  // It was paid, and stays so.
  expect(await billing.state(statement)).toBe('COLLECTED');
  const [known] = await billing.disputes.page(
    billing.preparer,
    { state: 'LOST' },
    { limit: 9, backwards: false },
  );
  const parts = await billing.disputes.parts([known?.id ?? '']);
  expect(parts).toMatchObject([{ amountMinor: 100_000n, agencyMinor: 90_000n, state: 'LOST' }]);
});

it('of a part takes a part of each statement, and leaves the rest alone', async () => {
  const other = await billing.organization('AGENCY');
  const first = await billing.statement({ agencyMinor: 50_000n });
  const second = await billing.statement({ agencyMinor: 100_000n, agencyId: other });
  await billing.work();
  const { providerChargeId } = await billing.lastCollection();
  const { id: dispute } = billing.sandbox.control.openDispute({
    charge: providerChargeId ?? '',
    amount: 10_001,
  });
  await billing.tell('dispute', dispute);
  // One third and two thirds of 100.01, the cent to the larger remainder.
  expect(await billing.balance(first.agencyId, 'dispute_held')).toBe(3_334n);
  expect(await billing.balance(second.agencyId, 'dispute_held')).toBe(6_667n);
  billing.sandbox.control.resolveDispute({ dispute, won: false });
  await billing.tell('dispute', dispute);
  expect(await billing.balance(first.agencyId, 'held')).toBe(46_666n);
  expect(await billing.balance(second.agencyId, 'held')).toBe(93_333n);
});

it('of a payment that is not known yet is kept, and booked when it is', async () => {
  await billing.statement();
  const [bill] = billing.handlers.dueWork.filter(({ name }) => name === 'bill-buyers');
  await bill?.run(billing.now(), 10);
  const { operationId } = await billing.lastCollection();
  // Sent by a worker that died before it wrote down what came of it.
  const operation = await billing.operations.find(operationId ?? '');
  if (!operation) throw new Error('there is no operation');
  await billing.stripe.send(operation);
  const [charge] = billing.sandbox.control.rows({ table: 'charges' });
  const { id: dispute } = billing.sandbox.control.openDispute({ charge: charge?.id ?? '' });
  await billing.tell('dispute', dispute);
  expect(await held()).toBe(0n);
  await billing.work();
  expect(await held()).toBe(100_000n);
});

it('of a stranger is kept, and moves nothing', async () => {
  isMadeUp = true;
  await billing.applySnapshot('dispute', made({ id: 'du_stranger', chargeId: 'ch_stranger', movements: [] }));
  expect(await billing.disputes.page(billing.preparer, {}, { limit: 9, backwards: false })).toEqual([]);
});

it('that is only asked about moves nothing, until it is opened', async () => {
  isMadeUp = true;
  const { charge } = await paid();
  await billing.applySnapshot('dispute', made({ chargeId: charge, state: 'INQUIRY', movements: [] }));
  expect(await held()).toBe(0n);
  await billing.applySnapshot(
    'dispute',
    made({ chargeId: charge, movements: [movement('w', -40_000n, 1_500n)] }),
  );
  expect(await held()).toBe(40_000n);
});

it('that was only asked about is over when the bank says so, and nobody looks at it any more', async () => {
  const { charge } = await paid();
  const { id: dispute } = billing.sandbox.control.openDispute({ charge, inquiry: true });
  await billing.tell('dispute', dispute);
  const known = async () => {
    const [row] = await billing.database.query<{ state: string; closed: boolean; looks: boolean }>(
      `select state, closed_at is not null as closed, next_look_at is not null as looks from disputes`,
    );
    return row;
  };
  expect(await known()).toEqual({ state: 'INQUIRY', closed: false, looks: true });
  billing.sandbox.control.resolveDispute({ dispute, won: true });
  // Nobody tells of it: it is looked at.
  await billing.days(1);
  expect(await known()).toEqual({ state: 'INQUIRY', closed: true, looks: false });
  expect(await held()).toBe(0n);
});

it('that becomes one after the inquiry was closed withdraws all the same', async () => {
  isMadeUp = true;
  const { charge } = await paid();
  const inquiry = { chargeId: charge, state: 'INQUIRY', movements: [] } as const;
  await billing.applySnapshot('dispute', made({ ...inquiry, isOver: true }));
  await billing.applySnapshot('dispute', made({ chargeId: charge, movements: [movement('w', -40_000n)] }));
  const [known] = await billing.disputes.page(billing.preparer, {}, { limit: 9, backwards: false });
  expect(known).toMatchObject({ state: 'OPEN', closedAt: null });
  expect(await held()).toBe(40_000n);
});

it('twice on one payment never takes more than was paid', async () => {
  isMadeUp = true;
  const { charge } = await paid();
  const first = made({ id: 'du_1', chargeId: charge, movements: [movement('w1', -60_000n)] });
  const second = made({ id: 'du_2', chargeId: charge, state: 'LOST', movements: [movement('w2', -40_000n)] });
  for (const each of [first, second, first, second]) await billing.applySnapshot('dispute', each);
  expect(await held()).toBe(60_000n);
  expect(await billing.balance(billing.agencyId, 'held')).toBe(90_000n - 36_000n);
  await billing.applySnapshot('dispute', { ...first, state: 'LOST' });
  expect(await billing.balance(billing.agencyId, 'held')).toBe(0n);
  expect(await billing.balance(billing.agencyId, 'bad_debt')).toBe(10_000n);
});

it('that is given back in part is lost for the rest', async () => {
  isMadeUp = true;
  const { charge } = await paid();
  const movements = [movement('w', -100_000n, 1_500n), movement('r', 50_000n)];
  await billing.applySnapshot('dispute', made({ chargeId: charge, movements }));
  expect(await held()).toBe(50_000n);
  await billing.applySnapshot('dispute', made({ chargeId: charge, movements, state: 'LOST' }));
  expect(await billing.balance(billing.agencyId, 'held')).toBe(45_000n);
  expect(await billing.balance(billing.agencyId, 'bad_debt')).toBe(5_000n);
});

it('that comes back after it was lost gives everybody back what they gave', async () => {
  isMadeUp = true;
  const { charge } = await paid();
  const withdrawn = movement('w', -100_000n, 1_500n);
  await billing.applySnapshot('dispute', made({ chargeId: charge, movements: [withdrawn], state: 'LOST' }));
  const movements = [withdrawn, movement('r', 100_000n)];
  await billing.applySnapshot('dispute', made({ chargeId: charge, movements, state: 'WON' }));
  expect(await held()).toBe(0n);
  expect(await billing.balance(billing.agencyId, 'payable')).toBe(90_000n);
  expect(await billing.balance(billing.agencyId, 'bad_debt')).toBe(0n);
});

it('of a top-up that is lost takes the balance back, and what was spent is owed', async () => {
  const { buyerId } = billing;
  const wanted = { buyerId, amount: dollars(500), idempotencyKey: newId() };
  valueOf(await billing.topUp.execute(billing.buyer, wanted));
  await billing.work();
  const { providerChargeId } = await billing.lastCollection();
  await billing.statement({ agencyMinor: 20_000n });
  await billing.work();
  expect(await billing.balance(billing.operatorId, 'buyer_credit')).toBe(30_000n);
  const { id: dispute } = billing.sandbox.control.openDispute({ charge: providerChargeId ?? '' });
  await billing.tell('dispute', dispute);
  expect(await billing.balance(billing.operatorId, 'dispute_held')).toBe(50_000n);
  billing.sandbox.control.resolveDispute({ dispute, won: false });
  await billing.tell('dispute', dispute);
  expect(await billing.balance(billing.operatorId, 'buyer_credit')).toBe(0n);
  expect(await billing.balance(billing.operatorId, 'receivable')).toBe(20_000n);
});

it('ends the same in whatever order, and however often, it is told', async () => {
  isMadeUp = true;
  const { charge } = await paid();
  const w = movement('w', -70_000n, 1_500n);
  const r = movement('r', 70_000n);
  const news = [
    made({ chargeId: charge, state: 'INQUIRY', movements: [] }),
    made({ chargeId: charge, movements: [w] }),
    made({ chargeId: charge, state: 'WON', movements: [w] }),
    made({ chargeId: charge, state: 'WON', movements: [w, r] }),
  ];
  for (const order of [
    [3, 2, 1, 0],
    [1, 0, 3, 2],
    [2, 3, 3, 1, 0],
  ]) {
    for (const index of order) {
      const each = news[index];
      if (each) await billing.applySnapshot('dispute', each);
    }
    expect(await held()).toBe(0n);
    expect(await billing.balance(billing.operatorId, 'dispute_fees')).toBe(1_500n);
    const [known] = await billing.disputes.page(billing.preparer, {}, { limit: 9, backwards: false });
    expect(known?.state).toBe('WON');
  }
});

function movement(id: string, amountMinor: bigint, feeMinor = 0n): FundsMovement {
  return {
    id: `txn_${id}`,
    type: 'adjustment',
    amountMinor,
    feeMinor,
    netMinor: amountMinor - feeMinor,
    currency: usd,
    sourceId: 'du_made',
    createdAt: billing.now(),
    availableAt: billing.now(),
  };
}

function made(wanted: Partial<DisputeSnapshot>): DisputeSnapshot {
  return {
    object: 'dispute',
    id: 'du_made',
    chargeId: '',
    state: 'OPEN',
    reason: 'fraudulent',
    method: 'CARD',
    amountMinor: 100_000n,
    currency: usd,
    evidenceDueAt: null,
    openedAt: billing.now(),
    movements: [],
    isOver: wanted.state === 'WON' || wanted.state === 'LOST',
    ...wanted,
  };
}
