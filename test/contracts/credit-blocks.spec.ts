import { activeContracts, type CreditBlocks, setCreditBlocks } from '#contracts';
import { newId } from '#database';
import type { Actor } from '#organizations';
import { done } from '#outcome';
import { on, type OpenContracts, openContracts, proposed, rawTerms, valueOf } from './open-contracts.js';

let open: OpenContracts;

beforeAll(async () => {
  open = await openContracts();
});

afterAll(async () => {
  await open.close();
});

const at = new Date('2026-10-05T08:00:00.000Z');
const later = new Date('2026-10-06T08:00:00.000Z');

async function set(change: Partial<CreditBlocks> = {}): Promise<number> {
  const blocks = { buyerId: open.buyer.organizationId, blocked: true, at, ...change };
  return valueOf(await open.unitOfWork.run(async (tx) => done(await setCreditBlocks(tx, blocks))));
}

async function between(agency: Actor, buyer: Actor, isAccepted = true): Promise<string> {
  const { contractId } = valueOf(
    await open.propose.execute(agency, {
      agencyId: agency.organizationId,
      buyerId: buyer.organizationId,
      vertical: 'solar',
      terms: rawTerms,
      idempotencyKey: newId(),
    }),
  );
  if (isAccepted) valueOf(await open.accept.execute(buyer, on(contractId)));
  return contractId;
}

async function read(id: string) {
  const contract = await open.queries.contract(open.operator, id);
  if (!contract) throw new Error('the contract is missing');
  return contract;
}

afterEach(async () => {
  await set({ blocked: false });
});

describe('setCreditBlocks', () => {
  it("blocks and unblocks the buyer's contracts with every agency, in every state, and no others", async () => {
    const own = [
      await between(open.agency, open.buyer),
      await between(open.otherAgency, open.buyer),
      await between(open.agency, open.buyer, false),
    ];
    const foreign = await between(open.agency, open.otherBuyer);
    const before = await Promise.all(own.map(read));
    expect(await set()).toBe(3);
    expect(await Promise.all(own.map(read))).toEqual(
      before.map((contract) => ({ ...contract, creditBlockedAt: at })),
    );
    expect((await read(foreign)).creditBlockedAt).toBeNull();
    expect(await set({ blocked: false, at: later })).toBe(3);
    expect(await Promise.all(own.map(read))).toEqual(before);
  });

  it('changes nothing twice, and keeps the time at which the block began', async () => {
    const id = await between(open.agency, open.buyer);
    expect(await set()).toBeGreaterThan(0);
    expect(await set({ at: later })).toBe(0);
    expect((await read(id)).creditBlockedAt).toEqual(at);
    await set({ blocked: false });
    expect(await set({ blocked: false, at: later })).toBe(0);
    expect(await set({ buyerId: newId() })).toBe(0);
  });

  it('goes along with a pause, an end of it, and new terms', async () => {
    const id = await between(open.agency, open.buyer);
    await set();
    valueOf(await open.pause.execute(open.buyer, on(id)));
    valueOf(await open.resume.execute(open.buyer, on(id)));
    valueOf(await open.proposeVersion.execute(open.agency, { ...on(id), terms: rawTerms }));
    valueOf(await open.accept.execute(open.buyer, on(id, { version: 2 })));
    expect(await read(id)).toMatchObject({ state: 'ACTIVE', creditBlockedAt: at, inForceVersion: 2 });
  });

  it('does not wait for leads that are being delivered', async () => {
    const id = await between(open.agency, open.buyer);
    valueOf(
      await open.unitOfWork.run(async (tx) => {
        // What intake holds of a contract until its statement is committed.
        await tx.query('select from contracts where id = $1 for key share', [id]);
        expect(await set()).toBeGreaterThan(0);
        return done(null);
      }),
    );
  });

  it('ends well when twenty block and unblock at once', async () => {
    for (let n = 0; n < 5; n += 1) await between(open.agency, open.buyer);
    await Promise.all(Array.from({ length: 20 }, (_, index) => set({ blocked: index % 2 === 0 })));
    await set();
    const page = { limit: 100, backwards: false };
    const all = await open.queries.contractPage(open.buyer, {}, page);
    expect(all.filter(({ creditBlockedAt }) => creditBlockedAt === null)).toEqual([]);
  });
});

it('a new contract is blocked like the others of its buyer', async () => {
  await proposed(open);
  await set();
  expect((await read(await between(open.otherAgency, open.buyer))).creditBlockedAt).toEqual(at);
  expect((await read(await between(open.agency, open.otherBuyer))).creditBlockedAt).toBeNull();
});

it('activeContracts says it, by name and by vertical', async () => {
  const id = await between(open.agency, open.otherBuyer);
  const { agencyId, vertical } = await read(id);
  const said = async () => {
    const found = await activeContracts(open.database, [
      { agencyId, contractId: id },
      { agencyId, vertical },
    ]);
    return found.map(({ contracts }) => contracts.find(({ contractId }) => contractId === id)?.creditBlocked);
  };
  const buyerId = open.otherBuyer.organizationId;
  expect(await said()).toEqual([false, false]);
  await set({ buyerId });
  expect(await said()).toEqual([true, true]);
  await set({ buyerId, blocked: false });
  expect(await said()).toEqual([false, false]);
});
