import { randomInt } from 'node:crypto';
import pg from 'pg';
import { encodeId } from '../../../apps/process/src/public-ids.js';
import { type KillsRun, runRandomKills } from '../../faults/random-kills.js';
import type { BenchHost, Undo } from '../host.js';
import { benchMasterKey } from '../intake/services.js';
import { addApiKey, addOrganization, migrateDatabase, openProduct } from '../marketplace.js';
import type { BenchOptions } from '../options.js';
import type { BenchServer } from '../server.js';

export type { KillsRun };

/** Kills APIs and workers at random for two minutes under load. Nothing is measured but whether all is well afterwards. */
export async function tryKills(
  host: BenchHost,
  undo: Undo,
  { server, options }: { readonly server: BenchServer; readonly options: BenchOptions },
): Promise<KillsRun> {
  const seconds = options.quick ? 15 : 120;
  const databaseUrl = await server.createDatabase('bench_kills');
  await migrateDatabase(databaseUrl);
  const product = await openProduct(databaseUrl);
  undo.add(() => product.close());
  const party = async (kind: 'AGENCY' | 'BUYER', name: string) => {
    const organization = await addOrganization(product, kind, name);
    return {
      id: encodeId('org', organization.organizationId),
      apiKey: await addApiKey(product, organization, 'OWNER'),
    };
  };
  const cast = {
    agency: await party('AGENCY', 'Bench agency'),
    buyers: [await party('BUYER', 'First bench buyer'), await party('BUYER', 'Second bench buyer')],
  };
  const connection = new pg.Client({ connectionString: databaseUrl });
  await connection.connect();
  undo.add(() => connection.end());
  const environment = { LEADGER_MASTER_KEY: benchMasterKey };
  const seed = randomInt(2 ** 31);
  return await host.step(`killing at random for ${seconds} s (seed ${seed})`, () =>
    runRandomKills({
      root: host.root,
      databaseUrl,
      connection,
      cast,
      seconds,
      seed,
      environment,
      hurry: false,
    }),
  );
}

/** What came of it, for a person. */
export function killsSentence(run: Omit<KillsRun, 'broken'>): string {
  const { seconds, apiKills, workerKills, leads, retries, reported, repeated, unheard, drainedAfter } = run;
  return (
    `Killed at random for ${seconds} s: an API ${apiKills} times, a worker ${workerKills} times. ` +
    `${leads.toLocaleString('en')} leads were acknowledged, ${reported} outcomes reported, with ` +
    `${retries.toLocaleString('en')} requests sent again; buyers got ${repeated} leads again under their id, and ${unheard} ` +
    `whose answer nobody heard. ${drainedAfter.toFixed(0)} s after the last restart everything had come to its end.`
  );
}
