import { newId } from '#database';
import {
  accepted,
  codeOf,
  contractOf,
  on,
  type OpenContracts,
  openContracts,
  proposed,
  rawTerms,
  valueOf,
  versionsOf,
} from './open-contracts.js';

let open: OpenContracts;

beforeAll(async () => {
  open = await openContracts();
});

afterAll(async () => {
  await open.close();
});

async function stateOf(id: string): Promise<string> {
  return (await contractOf(open, id)).state;
}

describe('proposing a contract', () => {
  it('stores the terms as they were agreed, with the defaults', async () => {
    open.clock.set('2026-10-01T08:00:00.000Z');
    const contract = await proposed(open);
    expect(contract).toMatchObject({
      state: 'PROPOSED',
      rowVersion: 1,
      latestVersion: 1,
      inForceVersion: null,
      creditBlockedAt: null,
    });
    const [version] = await open.queries.versions(open.buyer, [{ contractId: contract.id, version: 1 }]);
    expect(version).toEqual({
      agencyId: open.agency.organizationId,
      contractId: contract.id,
      version: 1,
      state: 'PROPOSED',
      terms: {
        baseRate: { amountMinor: 1000n, currency: 'USD' },
        commissionBasis: 'PER_DEAL',
        commissionRatePpm: 200_000,
        commissionTrigger: 'CONVERTED',
        timeZone: 'America/New_York',
        settlementSchedule: 'MONTHLY',
        returnWindowDays: 7,
        attributionWindowDays: 90,
        holdDays: 14,
        clawbackWindowDays: 90,
        clawbackMethod: 'NETTING',
        outcomeSlaDays: 30,
        contactSlaSeconds: null,
        contactSlaReroute: false,
        platformFeeRatePpm: 0,
        consentRequired: false,
        dedupeWindowDays: null,
      },
      proposedByOrganizationId: open.agency.organizationId,
      proposedBy: open.agency.id,
      proposedAt: new Date('2026-10-01T08:00:00.000Z'),
      answeredBy: null,
      answeredAt: null,
      effectiveFrom: null,
      effectiveTo: null,
    });
  });

  it('can be done by the buyer too', async () => {
    const outcome = await open.propose.execute(open.buyer, {
      agencyId: open.agency.organizationId,
      buyerId: open.buyer.organizationId,
      vertical: 'solar',
      terms: rawTerms,
      idempotencyKey: newId(),
    });
    const { contractId } = valueOf(outcome);
    expect(codeOf(await open.accept.execute(open.buyer, on(contractId)))).toBe('OWN_PROPOSAL');
    expect(codeOf(await open.accept.execute(open.agency, on(contractId)))).toBe('done');
  });

  it.each([
    [
      'an agency in the place of the buyer',
      (o: OpenContracts) => ({ buyerId: o.otherAgency.organizationId }),
      'buyerId',
    ],
    ['an organization that does not exist', () => ({ buyerId: newId() }), 'buyerId'],
    [
      'another agency in its own place',
      (o: OpenContracts) => ({ agencyId: o.otherAgency.organizationId }),
      'agencyId',
    ],
  ])('is refused for %s', async (_name, over, field) => {
    const outcome = await open.propose.execute(open.agency, {
      agencyId: open.agency.organizationId,
      buyerId: open.buyer.organizationId,
      vertical: 'solar',
      terms: rawTerms,
      idempotencyKey: newId(),
      ...over(open),
    });
    expect(outcome).toMatchObject({ refusals: [{ code: 'NOT_FOUND', field: ['input', field] }] });
  });

  it('says everything that is wrong with the terms, and stores nothing', async () => {
    const before = await open.queries.countContracts(open.operator, {}, 1000);
    const outcome = await open.propose.execute(open.agency, {
      agencyId: open.agency.organizationId,
      buyerId: open.buyer.organizationId,
      vertical: ' ',
      terms: { ...rawTerms, commissionTrigger: 'QUALIFIED', holdDays: 1000 },
      idempotencyKey: newId(),
    });
    expect(codeOf(outcome)).toBe('INVALID_VALUE, INVALID_VALUE, INVALID_TERMS');
    expect(await open.queries.countContracts(open.operator, {}, 1000)).toBe(before);
  });

  it('happens once for one key, whatever is left to the defaults', async () => {
    const input = {
      agencyId: open.agency.organizationId,
      buyerId: open.buyer.organizationId,
      vertical: 'roofing',
      terms: rawTerms,
      idempotencyKey: newId(),
    };
    const first = valueOf(await open.propose.execute(open.agency, input));
    const again = await open.propose.execute(open.agency, { ...input, terms: { ...rawTerms, holdDays: 14 } });
    expect(valueOf(again)).toEqual({ contractId: first.contractId, replayed: true });
    const other = await open.propose.execute(open.agency, { ...input, vertical: 'solar' });
    expect(codeOf(other)).toBe('IDEMPOTENCY_KEY_REUSED');
  });
});

describe('the life of a contract', () => {
  it('goes from the proposal through new terms and a pause to its end', async () => {
    const { id } = await proposed(open);
    open.clock.set('2026-10-02T08:00:00.000Z');
    valueOf(await open.accept.execute(open.buyer, on(id)));
    expect(await contractOf(open, id)).toMatchObject({ state: 'ACTIVE', inForceVersion: 1, rowVersion: 2 });

    const better = { ...rawTerms, baseRate: { amount: '12.50', currency: 'EUR' } };
    valueOf(await open.proposeVersion.execute(open.buyer, { ...on(id), terms: better }));
    expect(await contractOf(open, id)).toMatchObject({
      state: 'ACTIVE',
      inForceVersion: 1,
      latestVersion: 2,
    });
    expect(codeOf(await open.proposeVersion.execute(open.agency, { ...on(id), terms: better }))).toBe(
      'VERSION_PENDING',
    );
    expect(codeOf(await open.accept.execute(open.buyer, on(id, { version: 2 })))).toBe('OWN_PROPOSAL');
    open.clock.set('2026-10-20T12:30:00.250Z');
    valueOf(await open.accept.execute(open.agency, on(id, { version: 2 })));
    expect(await versionsOf(open, id)).toEqual([
      { version: 1, state: 'SUPERSEDED', from: '2026-10-02T08:00:00.000Z', to: '2026-10-20T12:30:00.250Z' },
      { version: 2, state: 'IN_FORCE', from: '2026-10-20T12:30:00.250Z', to: null },
    ]);

    expect(codeOf(await open.pause.execute(open.buyer, on(id)))).toBe('done');
    expect(await stateOf(id)).toBe('PAUSED');
    expect(codeOf(await open.pause.execute(open.buyer, on(id)))).toBe('ILLEGAL_TRANSITION');
    expect(codeOf(await open.resume.execute(open.operator, on(id)))).toBe('done');
    expect(await stateOf(id)).toBe('ACTIVE');
    expect(codeOf(await open.terminate.execute(open.agency, on(id)))).toBe('done');
    expect(await stateOf(id)).toBe('TERMINATED');
    for (const act of [open.pause, open.resume, open.terminate]) {
      expect(codeOf(await act.execute(open.operator, on(id)))).toBe('ILLEGAL_TRANSITION');
    }
    expect(codeOf(await open.proposeVersion.execute(open.agency, { ...on(id), terms: better }))).toBe(
      'ILLEGAL_TRANSITION',
    );
  });

  it('is a draft again when its first version is declined, and either side may propose anew', async () => {
    const { id } = await proposed(open);
    expect(codeOf(await open.decline.execute(open.agency, on(id)))).toBe('OWN_PROPOSAL');
    valueOf(await open.decline.execute(open.buyer, on(id)));
    expect(await stateOf(id)).toBe('DRAFT');
    valueOf(await open.proposeVersion.execute(open.buyer, { ...on(id), terms: rawTerms }));
    expect(await stateOf(id)).toBe('PROPOSED');
    valueOf(await open.accept.execute(open.agency, on(id, { version: 2 })));
    expect(await contractOf(open, id)).toMatchObject({ state: 'ACTIVE', inForceVersion: 2 });
    expect((await versionsOf(open, id)).map(({ state }) => state)).toEqual(['DECLINED', 'IN_FORCE']);
  });

  it('keeps what is in force when a later version is declined', async () => {
    const { id } = await accepted(open);
    valueOf(await open.proposeVersion.execute(open.agency, { ...on(id), terms: rawTerms }));
    valueOf(await open.decline.execute(open.buyer, on(id, { version: 2 })));
    expect(await contractOf(open, id)).toMatchObject({
      state: 'ACTIVE',
      inForceVersion: 1,
      latestVersion: 2,
    });
  });

  it('declines what still waits when it is terminated', async () => {
    const { id } = await accepted(open);
    valueOf(await open.proposeVersion.execute(open.agency, { ...on(id), terms: rawTerms }));
    valueOf(await open.terminate.execute(open.buyer, on(id)));
    expect((await versionsOf(open, id)).map(({ state }) => state)).toEqual(['IN_FORCE', 'DECLINED']);
    expect(codeOf(await open.accept.execute(open.buyer, on(id, { version: 2 })))).toBe('ILLEGAL_TRANSITION');
  });

  it('takes a version that is superseded in the very millisecond in which it began', async () => {
    const { id } = await accepted(open);
    valueOf(await open.proposeVersion.execute(open.agency, { ...on(id), terms: rawTerms }));
    valueOf(await open.accept.execute(open.buyer, on(id, { version: 2 })));
    const [first, second] = await versionsOf(open, id);
    expect(first).toMatchObject({ state: 'SUPERSEDED', from: second?.from, to: second?.from });
  });

  it('makes the ledger accounts that intake needs, in the currency of the terms', async () => {
    const { agencyId } = await accepted(open, { ...rawTerms, baseRate: { amount: '1000', currency: 'JPY' } });
    const kinds = await open.database.query<{ kind: string; party_id: string | null }>(
      `select kind, party_id from accounts where book_id = $1 and currency = 'JPY' order by kind`,
      [agencyId],
    );
    expect(kinds.map(({ kind }) => kind)).toEqual([
      'accrued',
      'buyer_credit',
      'clawback_due',
      'fee_deferred',
      'fee_revenue',
      'held',
      'payable',
      'receivable',
      'unbilled',
    ]);
    expect(kinds.find(({ kind }) => kind === 'unbilled')?.party_id).toBe(open.buyer.organizationId);
  });

  it('leaves a trace of each act', async () => {
    const { id } = await accepted(open);
    valueOf(await open.pause.execute(open.buyer, on(id)));
    const entries = await open.database.query<{
      action: string;
      actor: string;
      before: boolean;
      after: boolean;
    }>(
      `select action, actor, before_hash is not null as before, after_hash is not null as after
       from audit_entries where subject = $1 order by id`,
      [`contract:${id}`],
    );
    expect(entries).toEqual([
      { action: 'contract.propose', actor: open.agency.id, before: false, after: true },
      { action: 'contract.accept', actor: open.buyer.id, before: true, after: true },
      { action: 'contract.pause', actor: open.buyer.id, before: true, after: true },
    ]);
  });
});

describe('who may act', () => {
  it('answers a stranger as if there were no contract, in every act', async () => {
    const { id } = await accepted(open);
    for (const stranger of [open.otherAgency, open.otherBuyer]) {
      for (const contractId of [id, newId()]) {
        const acts = [
          open.accept.execute(stranger, on(contractId)),
          open.decline.execute(stranger, on(contractId, { expectedVersion: 99 })),
          open.proposeVersion.execute(stranger, { ...on(contractId), terms: rawTerms }),
          open.pause.execute(stranger, on(contractId)),
          open.resume.execute(stranger, on(contractId)),
          open.terminate.execute(stranger, on(contractId)),
        ];
        for (const outcome of await Promise.all(acts)) {
          expect(outcome).toEqual({
            ok: false,
            refusals: [expect.objectContaining({ code: 'NOT_FOUND', field: ['input', 'contractId'] })],
          });
        }
      }
      expect(await open.queries.contract(stranger, id)).toBeUndefined();
      expect(await open.queries.versions(stranger, [{ contractId: id, version: 1 }])).toEqual([]);
      expect(
        (await open.queries.versionPages(stranger, [id], { limit: 10, backwards: false })).get(id),
      ).toEqual([]);
    }
    expect(await stateOf(id)).toBe('ACTIVE');
  });

  it('refuses an act on another version of the contract than the caller read', async () => {
    const { id, rowVersion } = await accepted(open);
    const stale = await open.pause.execute(open.buyer, on(id, { expectedVersion: rowVersion - 1 }));
    expect(stale).toMatchObject({
      refusals: [{ code: 'STALE_VERSION', data: { currentVersion: rowVersion } }],
    });
    valueOf(await open.pause.execute(open.buyer, on(id, { expectedVersion: rowVersion })));
  });
});

describe('lists', () => {
  it('show each side its own contracts, page by page in both directions', async () => {
    const ids = [];
    for (let n = 0; n < 3; n += 1) ids.push((await proposed(open)).id);
    const [first, second, third] = ids;
    const page = async (over: object) =>
      (await open.queries.contractPage(open.buyer, {}, { limit: 2, backwards: false, ...over })).map(
        ({ id }) => id,
      );
    expect(await page({ after: first })).toEqual([second, third]);
    expect(await page({ backwards: true })).toEqual([third, second]);
    expect(await page({ backwards: true, before: third })).toEqual([second, first]);
    expect(await open.queries.contractPage(open.otherBuyer, {}, { limit: 2, backwards: false })).toEqual([]);
  });

  it('filter by state, side and vertical', async () => {
    const { id, vertical } = await accepted(open);
    const list = async (filter: Parameters<typeof open.queries.contractPage>[1]) =>
      (await open.queries.contractPage(open.operator, filter, { limit: 100, backwards: true })).map(
        (one) => one.id,
      );
    expect(await list({ vertical })).toEqual([id]);
    expect(await list({ vertical, states: ['ACTIVE'], agencyId: open.agency.organizationId })).toEqual([id]);
    expect(await list({ vertical, states: ['PAUSED', 'PROPOSED'] })).toEqual([]);
    expect(await list({ vertical, buyerId: open.otherBuyer.organizationId })).toEqual([]);
    expect(await open.queries.countContracts(open.operator, {}, 1)).toBe(1);
  });
});
