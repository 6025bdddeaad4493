import { createHmac } from 'node:crypto';
import { newId } from '#database';
import { startTestApp, type TestApp, type TestAppWithStripe } from '../support/app.js';

let app: TestAppWithStripe;

beforeAll(async () => {
  // It is told of differences on purpose.
  app = await startTestApp({ stripe: true, environment: { LEADGER_LOG_LEVEL: 'silent' } });
});

afterAll(() => app.stop());

const secret = 'whsec_leadger_sandbox';

function signed(body: string, seconds = Math.floor(Date.now() / 1_000)): Record<string, string> {
  const mac = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
  return { 'stripe-signature': `t=${seconds},v1=${mac}` };
}

async function post(body: string | Buffer, headers: Record<string, string> = {}): Promise<Response> {
  return await fetch(`${app.url}/stripe/webhooks`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
}

function event(id: string, text = ''): string {
  const object = { id: 'pi_nobody', object: 'payment_intent', description: text };
  const created = Math.floor(Date.now() / 1_000);
  return JSON.stringify({
    id,
    object: 'event',
    type: 'payment_intent.created',
    created,
    livemode: false,
    data: { object },
  });
}

async function kept(id: string): Promise<number> {
  return (await app.database.query('select 1 from stripe_events where id = $1', [id])).length;
}

describe('POST /stripe/webhooks', () => {
  it('keeps what is signed over its very bytes, and answers at once', async () => {
    // Spaces and an emoji: read as JSON and written again these would be other bytes.
    const body = ` ${event('evt_bytes', 'café 🎈')} `;
    const response = await post(body, signed(body));
    expect({ status: response.status, body: await response.json() }).toEqual({
      status: 200,
      body: { received: true },
    });
    expect(response.headers.get('x-request-id')).toBeTruthy();
    expect(await kept('evt_bytes')).toBe(1);
    expect((await post(body, signed(body))).status).toBe(200);
    expect(await kept('evt_bytes')).toBe(1);
  });

  it.each([
    ['nothing', ''],
    ['no JSON', 'not json'],
    ['another content type', event('evt_form')],
    ['a signature of other bytes', event('evt_other')],
    ['an old signature', event('evt_old')],
    ['a signed id that cannot be kept', event('evt_\u0000')],
  ])('refuses %s', async (what, body) => {
    const old = what === 'an old signature' ? signed(body, Math.floor(Date.now() / 1_000) - 301) : undefined;
    const other = what === 'a signature of other bytes' ? signed(`${body} `) : undefined;
    const own = what.startsWith('a signed') ? signed(body) : undefined;
    const headers = old ?? other ?? own ?? { 'stripe-signature': 't=1,v1=00' };
    const contentType = what === 'another content type' ? 'text/plain' : 'application/json';
    const response = await post(body, { ...headers, 'content-type': contentType });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: 'BAD_SIGNATURE' });
    expect(
      await app.database.query(
        `select 1 from stripe_events where id in ('evt_form', 'evt_other', 'evt_old')`,
      ),
    ).toEqual([]);
  });

  it('refuses an unsigned body, one that is too large, and any other method', async () => {
    expect((await post(event('evt_unsigned'))).status).toBe(400);
    const large = await post(Buffer.alloc(300_000, 32), { 'stripe-signature': 't=1,v1=00' });
    expect(large.status).toBe(413);
    expect(await large.json()).toMatchObject({ message: 'The body may have at most 256 kilobytes here.' });
    expect((await fetch(`${app.url}/stripe/webhooks`)).status).toBe(404);
  });

  it('leaves every other address as it was', async () => {
    const { viewer } = await app.ask<{ viewer: object | null }>(app.keys.admin, '{ viewer { __typename } }');
    expect(viewer).not.toBeNull();
  });

  it('takes what the Stripe sandbox sends, platform and thin events alike', async () => {
    app.stripe.control.fund({ amount: 100, currency: 'usd' });
    await app.stripe.control.settleWebhooks();
    const rows = await app.database.query(`select type from stripe_events where type like 'topup.%'`);
    expect(rows.length).toBeGreaterThan(0);
  });
});

const controlFields =
  'isOn stoppedAt stoppedBy stopReason breakerOpenedAt freezes { currency agency { id } } operations { ready stopped } waitingEvents failedEvents';

describe('payments in the API', () => {
  interface Acted {
    readonly paymentControl: Record<string, unknown> | null;
    readonly userErrors: readonly { readonly code: string }[];
  }
  const stop = (key: string) =>
    app.ask<{ stopPayments: Acted }>(
      key,
      `mutation ($input: StopPaymentsInput!) { stopPayments(input: $input) { paymentControl { ${controlFields} } userErrors { code } } }`,
      { input: { reason: 'Odd', idempotencyKey: newId() } },
    );
  const resume = (key: string) =>
    app.ask<{ resumePayments: Acted }>(
      key,
      `mutation ($input: ResumePaymentsInput!) { resumePayments(input: $input) { paymentControl { ${controlFields} } userErrors { code } } }`,
      { input: { idempotencyKey: newId() } },
    );

  it('are stopped by one person of finance, and resumed by another', async () => {
    const { stopPayments } = await stop(app.keys.approver);
    expect(stopPayments).toMatchObject({
      paymentControl: { isOn: true, stoppedBy: app.users.approver.id, stopReason: 'Odd', freezes: [] },
      userErrors: [],
    });
    expect((await resume(app.keys.approver)).resumePayments.userErrors).toMatchObject([
      { code: 'SELF_APPROVAL' },
    ]);
    expect((await resume(app.keys.controller)).resumePayments).toMatchObject({
      paymentControl: { stoppedAt: null },
    });
  });

  it('are compared with the provider on demand', async () => {
    interface Compared {
      readonly reconcilePayments: {
        readonly reconciliation: object | null;
        readonly userErrors: readonly object[];
      };
    }
    const fields = `finishedAt matches found accounts { account agency { id } ledger { amount } provider { amount }
      inFlight { amount } difference { amount } }
      differences { kind subject sourceId ledger { amount } provider { amount } advice agency { id } }`;
    const { reconcilePayments } = await app.ask<Compared>(
      app.keys.preparer,
      `mutation ($input: ReconcilePaymentsInput!) { reconcilePayments(input: $input) { reconciliation { ${fields} } replayed userErrors { code } } }`,
      { input: { idempotencyKey: newId() } },
    );
    expect(reconcilePayments).toMatchObject({
      reconciliation: {
        matches: true,
        accounts: [
          { account: 'STRIPE', agency: null, ledger: { amount: '1.00' }, difference: { amount: '0.00' } },
        ],
        differences: [],
      },
      userErrors: [],
    });
    const { reconciliation } = await app.ask<{ reconciliation: object }>(
      app.keys.auditor,
      `{ reconciliation { ${fields} } }`,
    );
    expect(reconciliation).toEqual(reconcilePayments.reconciliation);
    await app.verifyInvariants();
  });

  it('tell a difference, freeze, and are free when two people have said what it was', async () => {
    // A person withdraws money in the dashboard while nobody looks, under a type that is none of ours.
    await app.database.query(
      `insert into balance_transactions (id, type, source_id, amount_minor, fee_minor, net_minor, currency, created_at,
         available_at, seen_at) values ('txn_odd', 'reserve_transaction', null, -30, 0, -30, 'USD', now(), now(), now())`,
    );
    const compare = async () =>
      (
        await app.ask<{
          reconcilePayments: {
            reconciliation: { differences: readonly { kind: string; subject: string | null }[] };
          };
        }>(
          app.keys.preparer,
          'mutation ($input: ReconcilePaymentsInput!) { reconcilePayments(input: $input) { reconciliation { differences { kind subject movementId } } userErrors { code } } }',
          { input: { idempotencyKey: newId() } },
        )
      ).reconcilePayments.reconciliation.differences;
    expect(await compare()).toEqual(
      expect.arrayContaining([{ kind: 'NOT_BOOKED', subject: 'movement:txn_odd', movementId: 'txn_odd' }]),
    );
    const { paymentControl } = await app.ask<{ paymentControl: object }>(
      app.keys.auditor,
      `{ paymentControl { ${controlFields} } }`,
    );
    expect(paymentControl).toMatchObject({ freezes: [{ currency: 'USD', agency: null }] });

    const payload =
      'financeRequest { id status kind amount { amount } details { name value } requestedBy decidedBy approvals { by } } userErrors { code field }';
    interface Requested {
      readonly financeRequest: { readonly id: string } | null;
      readonly userErrors: readonly { readonly code: string; readonly field: readonly string[] | null }[];
    }
    const input = { movementId: 'txn_odd', meaning: 'LOSS', reason: 'Gone', idempotencyKey: newId() };
    const { requestMovementBooking } = await app.ask<{ requestMovementBooking: Requested }>(
      app.keys.preparer,
      `mutation ($input: RequestMovementBookingInput!) { requestMovementBooking(input: $input) { ${payload} } }`,
      { input },
    );
    // As it is copied out of the difference.
    const again = { ...input, movementId: 'movement:txn_odd', reason: 'Gone, too', idempotencyKey: newId() };
    const { requestMovementBooking: second } = await app.ask<{ requestMovementBooking: Requested }>(
      app.keys.preparer,
      `mutation ($input: RequestMovementBookingInput!) { requestMovementBooking(input: $input) { ${payload} } }`,
      { input: again },
    );
    expect(second.financeRequest).toMatchObject({
      details: expect.arrayContaining([{ name: 'movementId', value: 'txn_odd' }]) as object[],
    });
    for (const movementId of ['a\0b', '\ud800', "'; drop table", 'x'.repeat(300), '']) {
      const { requestMovementBooking: bad } = await app.ask<{ requestMovementBooking: Requested }>(
        app.keys.preparer,
        `mutation ($input: RequestMovementBookingInput!) { requestMovementBooking(input: $input) { ${payload} } }`,
        { input: { ...input, movementId, idempotencyKey: newId() } },
      );
      expect(bad.userErrors).toEqual([{ code: 'INVALID_VALUE', field: ['input', 'movementId'] }]);
    }
    expect(requestMovementBooking.financeRequest).toMatchObject({
      status: 'REQUESTED',
      kind: 'BOOK_MOVEMENT',
      amount: { amount: '0.30' },
      requestedBy: app.users.preparer.id,
    });
    const requestId = requestMovementBooking.financeRequest?.id;
    const approve = async (key: string) =>
      (
        await app.ask<{ approveFinanceRequest: Requested }>(
          key,
          `mutation ($input: ApproveFinanceRequestInput!) { approveFinanceRequest(input: $input) { ${payload} } }`,
          { input: { requestId, idempotencyKey: newId() } },
        )
      ).approveFinanceRequest;
    expect((await approve(app.keys.preparer)).userErrors).toMatchObject([{ code: 'NOT_PERMITTED' }]);
    expect((await approve(app.keys.approver)).financeRequest).toMatchObject({
      id: requestId,
      status: 'DONE',
      decidedBy: app.users.approver.id,
      approvals: [{ by: app.users.approver.id }],
    });
    expect((await approve(app.keys.controller)).userErrors).toMatchObject([{ code: 'REQUEST_DECIDED' }]);
    // The made-up movement is booked; that the provider's balance knows nothing of it still shows.
    expect((await compare()).map(({ kind }) => kind)).toEqual(['BALANCE']);
    const { node, financeRequests } = await app.ask<{ node: object; financeRequests: { nodes: object[] } }>(
      app.keys.auditor,
      'query ($id: ID!) { node(id: $id) { id __typename } financeRequests(status: DONE) { nodes { id } count } }',
      { id: requestId },
    );
    expect({ node, financeRequests }).toMatchObject({
      node: { id: requestId, __typename: 'FinanceRequest' },
      financeRequests: { nodes: [{ id: requestId }], count: 1 },
    });
  });

  it('show operations to finance, and have those that are stopped tried again', async () => {
    const id = newId();
    await app.database.query(
      `insert into stripe_operations (id, kind, subject, book_id, idempotency_key, body, amount_minor, currency, state,
         next_try_at, created_at) values ($1, 'REFUND', 'refund:1', $2, 'rf:1', '{}', 500, 'USD', 'STOPPED', now(), now())`,
      [id, app.organizations.agency.uuid],
    );
    const { paymentOperations } = await app.ask<{
      paymentOperations: { nodes: { id: string }[]; count: number };
    }>(
      app.keys.auditor,
      `{ paymentOperations(status: STOPPED) { count nodes { id kind status subject organizationId amount { amount }
         idempotencyKey providerObjectId tries inDoubt lastCode firstSentAt nextTryAt createdAt finishedAt } } }`,
    );
    expect(paymentOperations).toMatchObject({
      count: 1,
      nodes: [
        {
          kind: 'REFUND',
          status: 'STOPPED',
          amount: { amount: '5.00' },
          organizationId: app.organizations.agency.id,
        },
      ],
    });
    const retry = async (key: string, operationId: string | undefined) =>
      (
        await app.ask<{ retryOperation: { operation: object | null; userErrors: { code: string }[] } }>(
          key,
          `mutation ($input: RetryOperationInput!) { retryOperation(input: $input) { operation { id status } userErrors { code } } }`,
          { input: { operationId, idempotencyKey: newId() } },
        )
      ).retryOperation;
    const shown = paymentOperations.nodes[0]?.id;
    expect((await retry(app.keys.preparer, shown)).userErrors).toMatchObject([{ code: 'NOT_PERMITTED' }]);
    expect((await retry(app.keys.approver, app.organizations.agency.id)).userErrors).toMatchObject([
      { code: 'NOT_FOUND' },
    ]);
    expect(await retry(app.keys.approver, shown)).toMatchObject({
      operation: { id: shown, status: 'READY' },
    });
    expect((await retry(app.keys.approver, shown)).userErrors).toMatchObject([
      { code: 'ILLEGAL_TRANSITION' },
    ]);
    await app.database.query(
      `update stripe_operations set state = 'REFUSED', finished_at = now() where id = $1`,
      [id],
    );
  });

  it('are nobody else’s to see', async () => {
    for (const key of [app.keys.agency, app.keys.buyer]) {
      const { errors } = await app.gql(key, '{ paymentControl { isOn } }');
      expect(errors?.[0]?.extensions.code).toBe('FORBIDDEN');
    }
  });
});

describe('without a payment provider', () => {
  let off: TestApp;

  beforeAll(async () => {
    off = await startTestApp();
  });

  afterAll(() => off.stop());

  it('nothing of payments runs, and every webhook is refused', async () => {
    const body = event('evt_off');
    const response = await fetch(`${off.url}/stripe/webhooks`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...signed(body) },
      body,
    });
    expect(response.status).toBe(400);
    const { paymentControl } = await off.ask<{ paymentControl: object }>(
      off.keys.auditor,
      '{ paymentControl { isOn } }',
    );
    expect(paymentControl).toEqual({ isOn: false });
    const { reconcilePayments } = await off.ask<{ reconcilePayments: { userErrors: object[] } }>(
      off.keys.preparer,
      'mutation ($input: ReconcilePaymentsInput!) { reconcilePayments(input: $input) { userErrors { code } } }',
      { input: { idempotencyKey: newId() } },
    );
    expect(reconcilePayments.userErrors).toEqual([{ code: 'PAYMENTS_OFF' }]);
    await off.advanceClock(new Date(off.now().getTime() + 86_400_000));
    await off.verifyInvariants();
  });
});
