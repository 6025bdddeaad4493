import { randomBytes } from 'node:crypto';
import { ConfigError, loadConfig } from '#config';
import { CannotOpen, KeyRing } from '#persons';
import { createLog } from '../../apps/process/src/log.js';
import { refuseForeignKeys } from '../../apps/process/src/refuse-foreign-keys.js';
import { openWorker } from '../../apps/worker/src/worker.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { became, type OtherProcess, People, startOther } from './people.js';

const [first, second] = [randomBytes(32), randomBytes(32)];
const settingOf = (...keys: readonly Buffer[]) => ({
  LEADGER_MASTER_KEY: keys.map((key) => key.toString('base64')).join(','),
});

let app: TestApp;
let people: People;
let vertical: string;
const others: OtherProcess[] = [];

beforeAll(async () => {
  app = await startTestApp({ environment: settingOf(first) });
  people = new People(app);
  ({ vertical } = await people.pair('agency', 'buyer'));
});
afterAll(async () => {
  for (const other of others) await other.stop();
  await app.stop();
});

const ring = (...masterKeys: readonly Buffer[]) => new KeyRing(app.database, { masterKeys });

async function sell(name: string, url = app.url): Promise<string> {
  const contact = { email: `${name}@example.com`, givenName: name };
  const sold = await people.submitOne('agency', { vertical, contact }, url);
  expect(became(sold)).toBe('SOLD');
  return sold.lead?.id ?? '';
}

async function nameOf(id: string): Promise<string> {
  const { lead } = await app.ask<{ lead: { contact: { givenName: string } } }>(
    app.keys.buyer,
    'query ($id: ID!) { lead(id: $id) { contact { givenName } } }',
    { id },
  );
  return lead.contact.givenName;
}

it('a master key is replaced while everything runs, and nothing is lost', async () => {
  const before = await sell('before');
  expect(await ring(first).unopenable()).toBe(0);
  expect(await ring(second).unopenable()).toBeGreaterThan(0);
  await expect(refuseForeignKeys(ring(second))).rejects.toThrow('LEADGER_MASTER_KEY is not the one of this');
  await expect(ring(second).lookUps()).rejects.toThrow(CannotOpen);

  // A process that has both begins beside the one that has the old one only.
  const both = await startOther(app, settingOf(second, first));
  others.push(both);
  const meanwhile = await sell('meanwhile', both.url);
  const keyRing = ring(second, first);
  expect(await keyRing.rewrap()).toBeGreaterThan(0);
  expect(await keyRing.rewrap()).toBe(0);
  expect(await ring(second).unopenable()).toBe(0);

  const fresh = await startOther(app, settingOf(second));
  others.push(fresh);
  const after = await sell('after', fresh.url);
  for (const [id, name] of [
    [before, 'before'],
    [meanwhile, 'meanwhile'],
    [after, 'after'],
  ] as const)
    expect(await nameOf(id)).toBe(name);
  // People are found by the same hashes as ever.
  const again = { vertical, contact: { email: 'before@example.com' } };
  expect(became(await people.submitOne('agency', again, fresh.url))).toBe('DUPLICATE DUPLICATE_LEAD');
});

it('an organization gets new keys, which processes that run already learn when they meet them', async () => {
  const agency = app.organizations.agency.uuid;
  await ring(second).renew(agency);
  const [{ url }] = others.slice(-1) as [OtherProcess];
  const fresh = await startOther(app, settingOf(second));
  others.push(fresh);
  const renewed = await sell('renewed', fresh.url);
  const versions = await app.database.query<{ version: number }>(
    'select get_byte(data_key, 1) as version from leads where agency_id = $1 order by received_at, id',
    [agency],
  );
  expect(versions.map(({ version }) => version).at(-1)).toBe(2);
  // The first process has the old master key only, and what it needs of the new version is wrapped by the new one.
  const old = await sell('sealed-by-the-old', url);
  expect(old).not.toBe('');
  const reader = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${app.keys.buyer}` },
    body: JSON.stringify({ query: `{ lead(id: "${renewed}") { contact { givenName } } }` }),
  });
  expect(await reader.json()).toMatchObject({ data: { lead: { contact: { givenName: 'renewed' } } } });
});

it('a lead that was changed in the database, or moved to another, does not open', async () => {
  const [one, other] = [await sell('changed'), await sell('moved')];
  const query = 'query ($id: ID!) { lead(id: $id) { contact { givenName } } }';
  await app.database.query(
    `update leads a set person = b.person, data_key = b.data_key from leads b
     where a.external_id = (select external_id from leads order by received_at desc, id desc offset 1 limit 1)
       and b.external_id = (select external_id from leads order by received_at desc, id desc limit 1)`,
  );
  expect((await app.gql(app.keys.buyer, query, { id: one })).errors?.[0]?.extensions.code).toBe('INTERNAL');
  expect(await nameOf(other)).toBe('moved');
});

it('a worker does not start with a key that is not that of the database, and says so', async () => {
  await sell('for-the-worker');
  const config = loadConfig({
    DATABASE_URL: app.databaseUrl,
    LEADGER_LOG_LEVEL: 'error',
    LEADGER_POOL_SIZE: '3',
    ...settingOf(randomBytes(32)),
  });
  const started = openWorker(config, createLog('error'));
  await expect(started).rejects.toThrow(ConfigError);
  await expect(started).rejects.toThrow('LEADGER_MASTER_KEY is not the one of this database');
});
