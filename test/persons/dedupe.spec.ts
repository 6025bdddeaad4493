import fc from 'fast-check';
import type { Clock } from '#calendar';
import { startTestApp, type TestApp } from '../support/app.js';
import { became, type OtherProcess, People, startOther, type Submitted } from './people.js';

let app: TestApp;
let people: People;
let others: readonly OtherProcess[];

const dayMs = 86_400_000;
const agencies = ['agency', 'otherAgency'] as const;

beforeAll(async () => {
  app = await startTestApp();
  people = new People(app);
  others = [await startOther(app), await startOther(app)];
});
afterAll(async () => {
  for (const other of others) await other.stop();
  await app.stop();
});
afterEach(async () => await app.verifyInvariants());

/** A vertical that both agencies sell leads of. */
async function sharedVertical(more: object = {}): Promise<string> {
  const { vertical } = await people.pair('agency', 'buyer', { terms: more });
  await people.pair('otherAgency', 'otherBuyer', { vertical, terms: more });
  return vertical;
}

async function count(table: string): Promise<number> {
  const [row] = await app.database.query<{ count: string }>(`select count(*) from ${table}`);
  return Number(row?.count);
}

let numbers = 0;
const newPhone = () => `+1212555${String((numbers += 1)).padStart(4, '0')}`;

describe('a person who was had before', () => {
  it('is a duplicate by phone or by e-mail, however they are written, and costs nothing', async () => {
    const vertical = await sharedVertical();
    const phone = newPhone();
    const first = await people.submitOne('agency', {
      vertical,
      contact: { phone, email: 'Ada.Lovelace@gmail.com' },
    });
    expect(became(first)).toBe('SOLD');
    const before = [await count('charges'), await count('deliveries')];
    for (const contact of [
      { phone: `${phone.slice(0, 2)} (${phone.slice(2, 5)}) ${phone.slice(5)}` },
      { email: 'adalovelace+offers@googlemail.com' },
      { phone, email: 'somebody-else@example.com' },
    ]) {
      const again = await people.submitOne('agency', { vertical, contact });
      expect(became(again)).toBe('DUPLICATE DUPLICATE_LEAD');
      expect(again.userErrors).toMatchObject([{ field: ['input', 'contact'], existing: first.lead?.id }]);
    }
    expect([await count('charges'), await count('deliveries')]).toEqual(before);
  });

  it('is one across agencies, and nothing is told of the other one’s lead', async () => {
    const vertical = await sharedVertical();
    const contact = { email: 'shared@example.com' };
    await people.submitOne('agency', { vertical, contact });
    const again = await people.submitOne('otherAgency', { vertical, contact });
    expect(became(again)).toBe('DUPLICATE DUPLICATE_LEAD');
    expect(Object.keys(again.userErrors[0] ?? {}).sort()).toEqual(['code', 'field', 'message']);
    // Its own second lead has nothing to point at either: the one that counts is the other's.
    const third = await people.submitOne('otherAgency', { vertical, contact });
    expect(third.userErrors[0]).not.toHaveProperty('existing');
    const [row] = await app.database.query<{ duplicate_of: string | null }>(
      'select duplicate_of from leads order by received_at desc limit 1',
    );
    expect(row?.duplicate_of).toBeNull();
  });

  it('is another one in another vertical, and for a test', async () => {
    const [one, two] = [await sharedVertical(), await sharedVertical()];
    const contact = { email: 'twice@example.com' };
    expect(became(await people.submitOne('agency', { vertical: one, contact }))).toBe('SOLD');
    expect(became(await people.submitOne('agency', { vertical: two, contact }))).toBe('SOLD');
    const test = { vertical: one, contact, test: true };
    expect(became(await people.submitOne('agency', test))).toBe('SOLD');
    // A test claims nobody.
    const tested = { email: 'tested@example.com' };
    await people.submitOne('agency', { vertical: one, contact: tested, test: true });
    expect(became(await people.submitOne('otherAgency', { vertical: one, contact: tested }))).toBe('SOLD');
  });

  it('gets the same answer when the duplicate is sent again, alone and in a list', async () => {
    const vertical = await sharedVertical();
    const contact = { email: 'replayed@example.com' };
    const first = await people.submitOne('agency', { vertical, contact });
    const twice = { vertical, contact, externalId: 'the duplicate' };
    const duplicate = await people.submitOne('agency', twice);
    expect(await people.submitOne('agency', twice)).toEqual({ ...duplicate, replayed: true });
    const [listed, next] = await people.submitList('agency', [twice, { vertical, contact }]);
    expect(listed).toMatchObject({ lead: duplicate.lead, replayed: true });
    expect(next?.userErrors).toMatchObject([{ code: 'DUPLICATE_LEAD', existing: first.lead?.id }]);
    const changed = await people.submitOne('agency', { ...twice, score: 1 });
    expect(became(changed)).toBe('nothing EXTERNAL_ID_REUSED');
  });

  it('is told of the earlier one in the same list, and a lead that is refused claims nobody', async () => {
    const vertical = await sharedVertical();
    const contact = { email: 'in-a-list@example.com' };
    const results = await people.submitList('agency', [
      { vertical: 'nobody takes this', contact },
      { vertical, contact, score: 101 },
      { vertical, contact },
      { vertical, contact },
    ]);
    expect(results.map(became)).toEqual([
      'nothing NO_MATCHING_CONTRACT',
      'nothing INVALID_VALUE',
      'SOLD',
      'DUPLICATE DUPLICATE_LEAD',
    ]);
    expect(results[3]?.userErrors).toMatchObject([{ existing: results[2]?.lead?.id }]);
  });
});

describe('the window', () => {
  it('is that of the vertical: thirty days of 24 hours where nothing is said', async () => {
    const vertical = await sharedVertical();
    const own = await sharedVertical();
    await people.done(
      'admin',
      'defineVertical',
      { key: own, name: 'Short', dedupeWindowDays: 1 },
      'vertical { dedupeWindowDays } replayed',
    );
    const contact = { email: 'window@example.com' };
    for (const each of [vertical, own]) await people.submitOne('agency', { vertical: each, contact });
    await app.advanceClock(new Date(app.now().getTime() + dayMs));
    expect(became(await people.submitOne('otherAgency', { vertical, contact }))).toMatch(/^DUPLICATE/);
    expect(became(await people.submitOne('otherAgency', { vertical: own, contact }))).toBe('SOLD');
    await app.advanceClock(new Date(app.now().getTime() + 29 * dayMs));
    expect(became(await people.submitOne('otherAgency', { vertical, contact }))).toBe('SOLD');
    // From now on the later lead counts, although the first row is that of the earlier one.
    await app.advanceClock(new Date(app.now().getTime() + 29 * dayMs));
    expect(became(await people.submitOne('agency', { vertical, contact }))).toMatch(/^DUPLICATE/);
  });

  it('of a contract is about what its buyer had', async () => {
    const { vertical } = await people.pair('agency', 'buyer', { terms: { dedupeWindowDays: 60 } });
    await people.pair('otherAgency', 'otherBuyer', { vertical });
    const contact = { email: 'buyers@example.com' };
    expect(became(await people.submitOne('otherAgency', { vertical, contact }))).toBe('SOLD');
    // Another buyer had the person, this one not.
    expect(became(await people.submitOne('agency', { vertical, contact }))).toBe('SOLD');
    await app.advanceClock(new Date(app.now().getTime() + 45 * dayMs));
    expect(became(await people.submitOne('agency', { vertical, contact }))).toMatch(/^DUPLICATE/);
    expect(became(await people.submitOne('otherAgency', { vertical, contact }))).toBe('SOLD');
  });

  it('of no days lets everybody come again and again', async () => {
    const { vertical } = await people.pair('agency', 'buyer', { terms: { dedupeWindowDays: 0 } });
    const lead = { vertical, contact: { email: 'again@example.com' } };
    const results = await people.submitList('agency', [lead, lead, lead]);
    expect(results.map(became)).toEqual(['SOLD', 'SOLD', 'SOLD']);
  });
});

/** Other processes follow the sandbox's clock within a second; here nothing is to depend on that second. */
async function sameTime(): Promise<void> {
  for (const { nest } of others)
    while (nest.get<Clock>('Clock').now().getTime() < app.now().getTime() - 60_000)
      await new Promise((resolve) => setTimeout(resolve, 20));
}

describe('the same people at once, through several processes', () => {
  beforeAll(sameTime);

  it('are accepted exactly once', async () => {
    const vertical = await sharedVertical();
    const urls = [app.url, ...others.map(({ url }) => url)];
    const persons = Array.from({ length: 5 }, () => newPhone());
    const answers = await Promise.all(
      Array.from({ length: 150 }, async (_, n) => {
        const phone = persons[n % persons.length];
        const lead = { vertical, contact: { phone, email: `at-once-${n}@example.com` } };
        return { phone, ...(await people.submitOne(agencies[n % 2] ?? 'agency', lead, urls[n % 3])) };
      }),
    );
    for (const phone of persons) {
      const states = answers.filter((each) => each.phone === phone).map(became);
      expect(states.filter((state) => state === 'SOLD')).toHaveLength(1);
      expect(new Set(states)).toEqual(new Set(['SOLD', 'DUPLICATE DUPLICATE_LEAD']));
    }
  });

  it('have one effect under one name, whoever is asked', async () => {
    const vertical = await sharedVertical();
    const lead = { vertical, externalId: 'one name', contact: { email: 'one-name@example.com' } };
    const urls = [app.url, ...others.map(({ url }) => url)];
    const before = await count('charges');
    const answers = await Promise.all(
      Array.from({ length: 20 }, async (_, n) => await people.submitOne('agency', lead, urls[n % 3])),
    );
    expect(new Set(answers.map(({ lead: it }) => it?.id)).size).toBe(1);
    expect(answers.map(became)).toEqual(answers.map(() => 'SOLD'));
    expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect(await count('charges')).toBe(before + 1);
  });
});

interface Sent {
  readonly agency: 0 | 1;
  readonly phone: number;
  readonly email: number;
  readonly vertical: 0 | 1;
  readonly test: boolean;
  /** Before it, in hours. */
  readonly wait: number;
}

const anySent: fc.Arbitrary<Sent> = fc.record({
  agency: fc.constantFrom(0, 1),
  // 0: none; both are never none.
  phone: fc.nat(4),
  email: fc.nat(4).map((n) => n + 1),
  vertical: fc.constantFrom(0, 1),
  test: fc.boolean().map((coin) => coin),
  wait: fc.constantFrom(0, 0, 0, 300, 719, 720, 721),
});

let runs = 0;

function contactOf({ phone, email }: Sent, run: number): object {
  return {
    email: `run${run}-${email}@example.com`,
    ...(phone > 0 && { phone: `+1312${String(run).padStart(3, '0')}${String(phone).padStart(4, '0')}` }),
  };
}

function sharesKey(one: Sent, other: Sent): boolean {
  return one.email === other.email || (one.phone > 0 && one.phone === other.phone);
}

describe('any leads in any order', () => {
  it('become what a list that is searched from its beginning says', async () => {
    const verticals = [await sharedVertical(), await sharedVertical()];
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(anySent, { minLength: 1, maxLength: 8 }), { maxLength: 4 }),
        async (calls) => {
          const run = (runs += 1);
          const accepted: { readonly sent: Sent; readonly at: number }[] = [];
          for (const call of calls) {
            const wait = call[0]?.wait ?? 0;
            if (wait > 0) await app.advanceClock(new Date(app.now().getTime() + wait * 3_600_000));
            const agency = agencies[call[0]?.agency ?? 0] ?? 'agency';
            const leads = call.map((sent) => ({
              vertical: verticals[sent.vertical],
              test: sent.test,
              contact: contactOf(sent, run),
            }));
            const answers = await people.submitList(agency, leads);
            const now = app.now().getTime();
            call.forEach((sent, index) => {
              const isHad = accepted.some(
                (before) =>
                  before.sent.vertical === sent.vertical &&
                  sharesKey(before.sent, sent) &&
                  before.at > now - 30 * dayMs + 60_000,
              );
              const expected = sent.test || !isHad ? 'SOLD' : 'DUPLICATE DUPLICATE_LEAD';
              expect(became(answers[index] as Submitted)).toBe(expected);
              if (!sent.test && !isHad) accepted.push({ sent, at: now });
            });
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  it('sent at once through several processes are never accepted twice, nor refused for nothing', async () => {
    const vertical = await sharedVertical();
    const urls = [app.url, ...others.map(({ url }) => url)];
    await sameTime();
    await fc.assert(
      fc.asyncProperty(fc.array(anySent, { minLength: 10, maxLength: 40 }), async (all) => {
        const run = (runs += 1);
        const answers = await Promise.all(
          all.map(async (sent, n) => ({
            sent,
            state: became(
              await people.submitOne(
                agencies[sent.agency] ?? 'agency',
                { vertical, contact: contactOf(sent, run) },
                urls[n % 3],
              ),
            ),
          })),
        );
        const sold = answers.filter(({ state }) => state === 'SOLD').map(({ sent }) => sent);
        for (const [index, one] of sold.entries())
          for (const other of sold.slice(index + 1)) expect(sharesKey(one, other)).toBe(false);
        for (const { sent, state } of answers) {
          if (state === 'SOLD') continue;
          expect(state).toBe('DUPLICATE DUPLICATE_LEAD');
          expect(sold.some((other) => sharesKey(sent, other))).toBe(true);
        }
      }),
      { numRuns: 25 },
    );
  });
});
