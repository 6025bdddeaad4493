import { activeContracts, contractVersionKey, termsOfVersion, termsOfVersions } from '#contracts';
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

const times = (count: number) => Array.from({ length: count }, (_, index) => index);

describe('twenty at once', () => {
  it('accepts with one key have one effect, and the same answer', async () => {
    const { id } = await proposed(open);
    const input = on(id);
    const outcomes = await Promise.all(times(20).map(() => open.accept.execute(open.buyer, input)));
    const values = outcomes.map(valueOf);
    expect(values.map(({ contractId }) => contractId)).toEqual(times(20).map(() => id));
    expect(values.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect((await contractOf(open, id)).rowVersion).toBe(2);
  });

  it('accepts with a key each have one effect, and the others are told', async () => {
    const { id } = await proposed(open);
    const outcomes = await Promise.all(times(20).map(() => open.accept.execute(open.buyer, on(id))));
    const codes = outcomes.map(codeOf).sort();
    expect(codes).toEqual([...times(19).map(() => 'ILLEGAL_TRANSITION'), 'done']);
    expect(await contractOf(open, id)).toMatchObject({ rowVersion: 2, state: 'ACTIVE' });
  });

  it('proposals of a new version leave one that waits', async () => {
    const { id } = await accepted(open);
    const sides = [open.agency, open.buyer];
    const outcomes = await Promise.all(
      times(20).map((index) =>
        open.proposeVersion.execute(sides[index % 2] ?? open.agency, { ...on(id), terms: rawTerms }),
      ),
    );
    expect(outcomes.map(codeOf).sort()).toEqual([...times(19).map(() => 'VERSION_PENDING'), 'done']);
    expect((await versionsOf(open, id)).map(({ state }) => state)).toEqual(['IN_FORCE', 'PROPOSED']);
  });

  it('accepting and declining at once end in one of the two', async () => {
    const { id } = await proposed(open);
    const outcomes = await Promise.all(
      times(20).map((index) => (index % 2 ? open.accept : open.decline).execute(open.buyer, on(id))),
    );
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
    const { state } = await contractOf(open, id);
    expect((await versionsOf(open, id)).map((version) => version.state)).toEqual([
      state === 'ACTIVE' ? 'IN_FORCE' : 'DECLINED',
    ]);
  });

  it('first contracts of one buyer share the ledger accounts', async () => {
    const contracts = await Promise.all(
      times(8).map(() => proposed(open, { ...rawTerms, baseRate: { amount: '5.00', currency: 'CHF' } })),
    );
    await Promise.all(
      contracts.map(async ({ id }) => valueOf(await open.accept.execute(open.buyer, on(id)))),
    );
    const [row] = await open.database.query<{ count: string }>(
      `select count(*) from accounts where currency = 'CHF'`,
    );
    expect(row?.count).toBe('9');
  });
});

describe('the database', () => {
  it('refuses a change of terms, for its owner too', async () => {
    const { id } = await accepted(open);
    for (const change of [
      'base_rate_minor = 1',
      "currency = 'EUR'",
      'commission_rate_ppm = 0',
      'hold_days = 0',
      "clawback_method = 'TRANSFER_REVERSAL'",
      "proposed_by = 'user:nobody'",
      'version = 7',
    ]) {
      await expect(
        open.database.query(`update contract_versions set ${change} where contract_id = $1`, [id]),
      ).rejects.toThrow('contract terms are immutable: propose a new version');
    }
  });

  it('refuses two versions in force, two that wait, and dates that do not fit the state', async () => {
    const { id } = await accepted(open);
    valueOf(await open.proposeVersion.execute(open.agency, { ...on(id), terms: rawTerms }));
    const set = async (change: string, version: number) =>
      await open.database.query(
        `update contract_versions set ${change} where contract_id = $1 and version = $2`,
        [id, version],
      );
    await expect(set("state = 'IN_FORCE', effective_from = now()", 2)).rejects.toThrow(
      'contract_versions_one_in_force',
    );
    await expect(set("state = 'PROPOSED', effective_from = null", 1)).rejects.toThrow(
      'contract_versions_one_proposed',
    );
    await expect(set("state = 'SUPERSEDED'", 1)).rejects.toThrow('contract_versions_effective_check');
  });
});

describe('the terms of a version', () => {
  it('stay what they were after another one is in force', async () => {
    const { id, agencyId } = await accepted(open);
    const dearer = {
      ...rawTerms,
      baseRate: { amount: '12.00', currency: 'USD' },
      platformFeeRatePpm: 20_000,
      clawbackMethod: 'TRANSFER_REVERSAL',
    };
    valueOf(await open.proposeVersion.execute(open.buyer, { ...on(id), terms: dearer }));
    valueOf(await open.accept.execute(open.agency, on(id, { version: 2 })));
    const first = await termsOfVersion(open.database, agencyId, id, 1);
    const second = await termsOfVersion(open.database, agencyId, id, 2);
    expect(first).toMatchObject({
      baseRate: { amountMinor: 1000n, currency: 'USD' },
      clawbackMethod: 'NETTING',
    });
    expect(second).toMatchObject({ baseRate: { amountMinor: 1200n }, clawbackMethod: 'TRANSFER_REVERSAL' });
    expect(await termsOfVersion(open.database, agencyId, id, 3)).toBeUndefined();
    const refs = [1, 2, 3, 1].map((version) => ({ agencyId, contractId: id, version }));
    expect([...(await termsOfVersions(open.database, refs))]).toEqual([
      [contractVersionKey({ contractId: id, version: 1 }), first],
      [contractVersionKey({ contractId: id, version: 2 }), second],
    ]);
    expect(await termsOfVersions(open.database, [])).toEqual(new Map());
  });
});

describe('activeContracts', () => {
  it('finds by name and by vertical, request by request', async () => {
    const one = await accepted(open);
    const waiting = await proposed(open);
    const paused = await accepted(open);
    valueOf(await open.pause.execute(open.buyer, on(paused.id)));
    const agencyId = one.agencyId;
    const other = open.otherAgency.organizationId;
    const found = await activeContracts(open.database, [
      { agencyId, contractId: one.id, vertical: one.vertical },
      { agencyId, vertical: one.vertical, contractId: null },
      { agencyId, contractId: paused.id },
      { agencyId, contractId: waiting.id },
      { agencyId, vertical: paused.vertical },
      { agencyId, vertical: 'unheard of' },
      { agencyId, contractId: newId() },
      { agencyId: other, contractId: one.id },
      { agencyId: other, vertical: one.vertical },
      { agencyId, vertical: one.vertical },
    ]);
    const names = found.map(({ contracts, inactive }) =>
      inactive ? 'inactive' : contracts.map(({ contractId }) => (contractId === one.id ? 'one' : contractId)),
    );
    expect(names).toEqual([['one'], ['one'], 'inactive', 'inactive', [], [], [], [], [], ['one']]);
    expect(found[0]?.contracts[0]).toEqual({
      agencyId,
      contractId: one.id,
      buyerId: one.buyerId,
      vertical: one.vertical,
      rowVersion: one.rowVersion,
      version: 1,
      creditBlocked: false,
      terms: await termsOfVersion(open.database, agencyId, one.id, 1),
    });
    expect(await activeContracts(open.database, [])).toEqual([]);
  });

  it('gives the version in force, and all contracts of a vertical, oldest first', async () => {
    const first = await accepted(open);
    const second = valueOf(
      await open.propose.execute(open.agency, {
        agencyId: first.agencyId,
        buyerId: open.otherBuyer.organizationId,
        vertical: first.vertical,
        terms: rawTerms,
        idempotencyKey: newId(),
      }),
    );
    valueOf(await open.accept.execute(open.otherBuyer, on(second.contractId)));
    valueOf(await open.proposeVersion.execute(open.agency, { ...on(first.id), terms: rawTerms }));
    const versions = async () => {
      const [found] = await activeContracts(open.database, [first]);
      return found?.contracts.map(({ contractId, version }) => [contractId, version]);
    };
    const byVertical = { agencyId: first.agencyId, vertical: first.vertical };
    const [found] = await activeContracts(open.database, [byVertical]);
    expect(found?.contracts.map(({ contractId, version }) => [contractId, version])).toEqual([
      [first.id, 1],
      [second.contractId, 1],
    ]);
    valueOf(await open.accept.execute(open.buyer, on(first.id, { version: 2 })));
    expect(await versions()).toEqual([
      [first.id, 2],
      [second.contractId, 1],
    ]);
  });
});
