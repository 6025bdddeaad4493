import { startTestApp, type TestApp, type TestKey } from '../support/app.js';
import type { Payload } from '../support/marketplace.js';
import { became, People, type Submitted } from './people.js';

let app: TestApp;
let people: People;

beforeAll(async () => {
  app = await startTestApp();
  people = new People(app);
});
afterAll(async () => await app.stop());
afterEach(async () => await app.verifyInvariants());

type Decided = Payload & { readonly lead: { readonly id: string; readonly status: string } | null };

async function decide(
  name: 'releaseLead' | 'rejectLead',
  leadId: unknown,
  key: TestKey = 'admin',
  more = {},
) {
  return await people.act<Decided>(key, name, { leadId, ...more }, 'lead { id status } replayed');
}

const codesOf = ({ userErrors }: Payload) => userErrors.map(({ code, field }) => [code, field?.join('.')]);

let numbers = 0;
/** Breaks no rule, and nobody keeps such a mailbox. */
async function suspicious(vertical: string, more: object = {}): Promise<Submitted> {
  const contact = { email: `someone-${(numbers += 1)}@mailinator.com`, phone: `+1646555${1000 + numbers}` };
  return await people.submitOne('agency', { vertical, contact, ...more });
}

async function total(table: string): Promise<number> {
  const [row] = await app.database.query<{ count: string }>(`select count(*) from ${table}`);
  return Number(row?.count);
}

describe('a lead that looks wrong', () => {
  it('waits, with its reason, and is nobody’s until somebody looked at it', async () => {
    const { vertical } = await people.pair('agency', 'buyer');
    const before = [await total('charges'), await total('deliveries')];
    const waiting = await suspicious(vertical);
    expect(waiting).toMatchObject({
      lead: { status: 'QUARANTINED', quarantineReason: 'DISPOSABLE_EMAIL' },
      userErrors: [],
    });
    const now = app.now().getTime();
    const consent = (at: number) => ({ text: 'yes', capturedAt: new Date(at).toISOString() });
    for (const [at, reason] of [
      [now + 600_000, 'CONSENT_IN_FUTURE'],
      [now - 366 * 86_400_000, 'CONSENT_TOO_OLD'],
    ] as const) {
      const contact = { email: `consent-${reason.toLowerCase()}@example.com` };
      const { lead } = await people.submitOne('agency', { vertical, contact, consent: consent(at) });
      expect(lead).toMatchObject({ status: 'QUARANTINED', quarantineReason: reason });
    }
    expect([await total('charges'), await total('deliveries')]).toEqual(before);
    const query = 'query ($id: ID!) { lead(id: $id) { status } }';
    expect(await app.ask(app.keys.buyer, query, { id: waiting.lead?.id })).toEqual({ lead: null });
  });

  it('is one of too many from one source within a minute, where the vertical has a limit', async () => {
    const { vertical } = await people.pair('agency', 'buyer');
    await people.done(
      'admin',
      'defineVertical',
      { key: vertical, name: 'Limited', sourceLeadsPerMinute: 3 },
      'vertical { sourceLeadsPerMinute } replayed',
    );
    const from = (subId: string, n: number) => ({
      vertical,
      contact: { email: `fast-${subId}-${n}@example.com` },
      source: { channel: 'social', subId },
    });
    const fast = [1, 2, 3, 4, 5].map((n) => from('bot', n));
    const answers = await people.submitList('agency', [...fast, from('person', 1)]);
    expect(answers.map(became)).toEqual(['SOLD', 'SOLD', 'SOLD', 'QUARANTINED', 'QUARANTINED', 'SOLD']);
    expect(answers[3]?.lead?.quarantineReason).toBe('SOURCE_TOO_FAST');
    await app.advanceClock(new Date(app.now().getTime() + 120_000));
    expect(became(await people.submitOne('agency', from('bot', 6)))).toBe('SOLD');
  });

  it('goes on its way when it is released, under its own id, once', async () => {
    const { vertical, contractId } = await people.pair('agency', 'buyer');
    const { lead } = await suspicious(vertical, { contractId });
    const charges = await total('charges');
    const once = { idempotencyKey: 'release-it' };
    const twenty = await Promise.all(
      Array.from({ length: 20 }, async () => await decide('releaseLead', lead?.id, 'admin', once)),
    );
    expect(new Set(twenty.map((each) => each.lead?.status))).toEqual(new Set(['SOLD']));
    expect(twenty.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect(twenty[0]?.lead?.id).toBe(lead?.id);
    expect(await total('charges')).toBe(charges + 1);
    const query = 'query ($id: ID!) { lead(id: $id) { status contact { email } deliveries { status } } }';
    expect(await app.ask(app.keys.buyer, query, { id: lead?.id })).toMatchObject({
      lead: {
        status: 'SOLD',
        contact: { email: expect.stringMatching(/@mailinator/) as string },
        deliveries: [{ status: 'ACCEPTED' }],
      },
    });
    expect(codesOf(await decide('releaseLead', lead?.id))).toEqual([
      ['LEAD_NOT_QUARANTINED', 'input.leadId'],
    ]);
    expect(codesOf(await decide('rejectLead', lead?.id))).toEqual([['LEAD_NOT_QUARANTINED', 'input.leadId']]);
  });

  it('counts as had from its release on, and is a duplicate if somebody else was faster', async () => {
    const { vertical } = await people.pair('agency', 'buyer');
    const contact = { email: 'slow@yopmail.com', phone: '+16465559999' };
    const { lead } = await people.submitOne('agency', { vertical, contact });
    const faster = await people.submitOne('agency', { vertical, contact: { phone: contact.phone } });
    expect(became(faster)).toBe('SOLD');
    const released = await decide('releaseLead', lead?.id);
    expect(released.lead).toMatchObject({ id: lead?.id, status: 'DUPLICATE' });
    const next = await suspicious(vertical, { contact: { email: 'first@yopmail.com' } });
    expect((await decide('releaseLead', next.lead?.id)).lead?.status).toBe('SOLD');
    const later = await people.submitOne('agency', { vertical, contact: { email: 'first@yopmail.com' } });
    expect(became(later)).toBe('DUPLICATE DUPLICATE_LEAD');
    expect(later.userErrors).toMatchObject([{ existing: next.lead?.id }]);
  });

  it('stays when no contract takes it any more, and is rejected for good', async () => {
    const { vertical, contractId } = await people.pair('agency', 'buyer');
    const { lead } = await suspicious(vertical);
    await people.done('buyer', 'pauseContract', { contractId }, 'replayed');
    expect(codesOf(await decide('releaseLead', lead?.id))).toEqual([
      ['NO_MATCHING_CONTRACT', 'input.leadId'],
    ]);
    expect((await decide('rejectLead', lead?.id)).lead?.status).toBe('REJECTED');
    await people.done('buyer', 'resumeContract', { contractId }, 'replayed');
    expect(codesOf(await decide('releaseLead', lead?.id))).toEqual([
      ['LEAD_NOT_QUARANTINED', 'input.leadId'],
    ]);
  });

  it('is decided on by the operator’s people only, and a foreign id is as a missing one', async () => {
    const { vertical } = await people.pair('agency', 'buyer');
    const { lead } = await suspicious(vertical);
    for (const key of ['agency', 'buyer', 'preparer'] as const) {
      const query = `mutation { releaseLead(input: { leadId: "${lead?.id}", idempotencyKey: "k" }) { replayed } }`;
      const { errors } = await app.gql(app.keys[key], query);
      expect(errors?.[0]?.extensions.code).toBe('FORBIDDEN');
    }
    for (const id of ['nonsense', app.organizations.agency.id, lead?.id.replace(/.$/, '0')])
      if (id !== lead?.id)
        expect(codesOf(await decide('rejectLead', id))).toEqual([['NOT_FOUND', 'input.leadId']]);
  });
});
