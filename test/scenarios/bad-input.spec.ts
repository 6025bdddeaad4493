/** Every money and text input of every mutation × what is not valid there: a code, the path and never the value; nothing changed. */
import { least } from '../access/tenancy-inputs.js';
import { type Place, titleOf, withValueAt } from '../access/tenancy-schema.js';
import { startWideApp } from '../access/tenancy-world.js';
import type { TestApp } from '../support/app.js';
import { Acts } from './bad-input-acts.js';
import { Judge, refusedAt } from './bad-input-judge.js';

let app: TestApp;
let acts: Acts;
let judge: Judge;

beforeAll(async () => {
  app = await startWideApp();
  acts = await Acts.begin(app);
  judge = await Judge.of(acts);
}, 60_000);
afterAll(async () => {
  await app.verifyInvariants();
  await app.stop();
});

const marker = '73519';
const below = (place: Place, part: string): Place => ({ ...place, path: [...place.path, part], name: part });

describe('money', () => {
  const amounts = [
    '0',
    '-1',
    '0.001',
    '1000000000000000000',
    '1e18',
    '1e3',
    ' 5 ',
    '5,00',
    '٥',
    '',
    '+5',
    '.5',
    '5.',
    '0x10',
    'NaN',
    'Infinity',
    '-0',
    '00',
    '1_000',
    '1,000.00',
    '$5',
    '5 USD',
    '５',
    '5\0',
    '5\n',
    '\ud800',
    '½',
    '1'.repeat(64),
    `${marker}e1`,
    ` ${marker}`,
    `${marker},00`,
    `-${marker}`,
    `+${marker}`,
    `0x${marker}`,
    `${marker}.001`,
  ];
  // A lead may have cost the agency nothing, and a buyer may have no credit.
  const free = new Set([
    'submitLead input.source.cost',
    'submitLeads input.leads.0.source.cost',
    'pingLead input.source.cost',
    'setBillingProfile input.creditLimit',
  ]);
  const isFree = (place: Place) => free.has(titleOf({ ...place, path: place.path.slice(0, -1) }));
  const zeros = new Set(['0', '-0', '00']);

  it('is found wherever the schema takes it', () => {
    expect(acts.places('MoneyInput').length).toBeGreaterThanOrEqual(6);
  });

  it('of a wrong amount is refused by its path, and never repeated', async () => {
    const places = acts.places('MoneyInput').map((place) => below(place, 'amount'));
    const faults = await judge.faults(
      places.filter((place) => !isFree(place)),
      amounts,
      (answer, { path }) => refusedAt(answer, path, ['INVALID_AMOUNT'], marker),
    );
    expect(faults).toEqual([]);
    const costs = await judge.faults(
      places.filter(isFree),
      amounts.filter((amount) => !zeros.has(amount)),
      (answer, { path }) => refusedAt(answer, path, ['INVALID_AMOUNT'], marker),
    );
    expect(costs).toEqual([]);
  }, 60_000);

  it('of a wrong currency is refused by its path, and never repeated', async () => {
    const places = acts.places('MoneyInput').map((place) => below(place, 'currency'));
    const wrong = [
      '',
      'usd',
      'US',
      'USDX',
      'ZZZ',
      '$',
      ' USD',
      'USD ',
      'U\0D',
      '\ud83d',
      'constructor',
      '__proto__',
      'XTS!',
      marker,
    ];
    const faults = await judge.faults(places, wrong, (answer, { path }) =>
      refusedAt(answer, path, ['INVALID_CURRENCY', 'CURRENCY_MISMATCH'], marker),
    );
    expect(faults).toEqual([]);
    // Another one than that of the contract, where there is a contract.
    const bound = places.filter(({ field }) => ['reportOutcome', 'restateDeal'].includes(field.name));
    expect(
      await judge.faults(bound, ['JPY', 'KWD'], (answer, { path }) =>
        refusedAt(answer, path, ['CURRENCY_MISMATCH']),
      ),
    ).toEqual([]);
  });
});

describe('text', () => {
  // An idempotency key has rules of its own; a password is hashed and never stored.
  const places = () => acts.places('String').filter(({ name }) => name !== 'idempotencyKey');

  it('that is no Unicode text is refused by its path, and never repeated', async () => {
    const bad = ['zq7\0zq7', '\0', '\ud800zq7', 'zq7\udc00', 'zq7\udc00\ud800'];
    const faults = await judge.faults(
      places().filter(({ name }) => name !== 'password'),
      bad,
      (answer, { path, name }) =>
        name === 'scopes'
          ? refusedAt(answer, path.slice(0, -1), ['INVALID_VALUE'], 'zq7')
          : refusedAt(answer, path, ['INVALID_VALUE', 'INVALID_TIME_ZONE'], 'zq7'),
    );
    expect(faults).toEqual([]);
  });

  it('of nearly a megabyte is refused by its path, and of more with 413', async () => {
    const long = 'zq7'.repeat(300_000);
    const faults = await judge.faults(places(), [long], (answer, { path, name }) =>
      refusedAt(
        answer,
        name === 'scopes' ? path.slice(0, -1) : path,
        ['INVALID_VALUE', 'INVALID_TIME_ZONE'],
        'zq7',
      ),
    );
    expect(faults).toEqual([]);
    const huge = await judge.faults(
      places().slice(0, 3),
      ['zq7'.repeat(400_000)],
      ({ status, errors, complaints }) =>
        status === 413 && errors[0]?.extensions.code === 'PAYLOAD_TOO_LARGE' && !complaints.includes('zq7')
          ? undefined
          : `status ${status}`,
    );
    expect(huge).toEqual([]);
  }, 60_000);

  it('that is code elsewhere is stored and shown as text', async () => {
    const nasty = `🙂 ض <script>alert(1)</script> '"; drop table leads; -- \u202e`;
    const formats: Readonly<Record<string, string | null>> = {
      email: null,
      country: null,
      billingEmail: null,
      defaultCountry: null,
      min: null,
      max: null,
      values: null,
      // Of the first type that there is.
      example: 'true',
      timeZone: null,
      url: null,
      header: null,
      path: null,
      verdictPath: null,
      reasonPath: null,
      address: null,
      types: null,
      eventType: null,
      password: null,
      scopes: null,
      postalCode: `<b>🙂'";--ض</b>`,
      // The provider's, of letters and digits.
      movementId: null,
      ip: `<b>🙂'";--ض</b>`,
    };
    const faults: unknown[] = [];
    for (const place of places()) {
      // The first and the second lead of one name would be one.
      const formatted: typeof formats = { ...formats, phone: phoneAt(place) };
      const text = place.name in formatted ? formatted[place.name] : `${nasty}${place.path.length}`;
      // Whom it is about is looked for and never shown, and neither is what was noted down of them.
      if (/^(addSuppressions|removeSuppressions|erasePerson|placeLegalHold) /.test(titleOf(place))) continue;
      // Codes, times and values of a type, and names of what must be there.
      if (
        /^(defineRoute|setBuyingRules) .*(geography|hours|rules\.\d|fallback|vertical)/.test(titleOf(place))
      )
        continue;
      // Of what is asked before a lead is sent only keyed hashes are kept, and none is shown.
      if (titleOf(place).startsWith('pingLead ')) continue;
      // They name columns of a file, and what these may be.
      if (titleOf(place).startsWith('saveImportMapping input.columns')) continue;
      // It names a vertical that exists.
      if (titleOf(place) === 'publishLeadSchema input.vertical') continue;
      // Shown inside the body that was sent; the value of a header is not shown at all.
      if (titleOf(place) === 'sendSampleLead input.vertical' || /headers\.0\.value$/.test(titleOf(place)))
        continue;
      if (text === null || text === undefined) continue;
      const call = await acts.fresh(place.field.name);
      const { field, as } = call;
      let args = withValueAt(place, call.args, text, least);
      if (place.name === 'vertical' && field.name.startsWith('submitLead'))
        args = { ...args, ...(await inVertical(text, place)) };
      const answer = await acts.send({ field, as, args }, 4);
      const shown = JSON.stringify(answer.data).includes(JSON.stringify(text));
      if (answer.refusals.length > 0 || answer.errors.length > 0 || !shown)
        faults.push({ place: titleOf(place), shown, complaints: answer.complaints.slice(0, 300) });
    }
    expect(faults).toEqual([]);
  }, 60_000);

  /** Four digits, or it is certainly no phone; others in a list, or it would be the same person again. */
  const phoneAt = ({ path }: Place): string => `<b>🙂'";--ض 010${path.length}</b>`;

  /** Leads of a vertical need a contract for it. */
  async function inVertical(vertical: string, place: Place): Promise<Record<string, unknown>> {
    const proposed = await acts.fresh('proposeContract');
    const input = { ...(proposed.args['input'] as object), vertical };
    const answer = await acts.send({ ...proposed, args: { input } });
    const { contract } = (answer.data as { answer: { contract: { id: string } } }).answer;
    const accept = await acts.fresh('acceptContract');
    await acts.send({
      ...accept,
      args: { input: { ...(accept.args['input'] as object), contractId: contract.id } },
    });
    const call = await acts.fresh(place.field.name);
    const path = [...place.path.slice(0, -1), 'contractId'];
    return withValueAt(
      { ...place, path },
      withValueAt(place, call.args, vertical, least),
      contract.id,
      least,
    );
  }

  it('that names no time zone is refused by its path', async () => {
    const zones = places().filter(({ name }) => name === 'timeZone');
    expect(zones.length).toBeGreaterThan(1);
    const wrong = [
      '',
      'Mars/Olympus',
      'UTC+25',
      '+99:99',
      '+25:00',
      'GMT+1',
      '../../etc/passwd',
      'America/New York',
      'zq7',
      '<script>',
    ];
    expect(
      await judge.faults(zones, wrong, (answer, { path }) =>
        refusedAt(answer, path, ['INVALID_TIME_ZONE'], 'zq7'),
      ),
    ).toEqual([]);
  });
});
