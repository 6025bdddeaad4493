import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  direction,
  libraryLayout,
  noDeepImports,
  pureFiles,
  reachable,
  type DependencyTable,
} from './dependency-rules.js';
import { root, sourceOf, sourcesIn, violationsOf, type Rule } from './sources.js';

/** Without I/O, so everything may use them; the vocabulary of outcomes is below the other two. */
const pure = ['calendar', 'money', 'outcome'];

/** Not domain libraries: their suffix-less files may do I/O, for that is what they are for. */
const infrastructure = ['config', 'database', 'jobs'];

/** library → what it may import → why. What those may import is included. */
const table: DependencyTable = {
  outcome: {},
  money: { outcome: 'a text that is no amount is an expected refusal' },
  calendar: { outcome: 'a text that is no date or zone is an expected refusal' },
  config: {},
  database: { config: 'the address and the pool size are settings' },
  audit: { database: 'entries are written in the transaction of what they tell of' },
  jobs: { database: 'jobs are enqueued in the transaction of their cause' },
  ledger: { database: 'knows accounts and journals, and nothing of leads' },
  organizations: {
    database: 'users and keys are rows',
    audit: 'who made a key for whom is asked later',
  },
  contracts: {
    organizations: 'an agency and a buyer agree, through users who act',
    ledger: 'the accounts of a pair are opened when its contract is accepted, off the hot path',
  },
  charges: {
    contracts: 'a charge is priced by the terms in force',
    ledger: 'a charge is posted as it is made',
  },
  leads: {
    contracts: 'a lead is delivered under a contract',
    charges: 'the delivery is charged in its own transaction',
    jobs: 'the buyer is notified afterwards',
  },
  deals: {
    leads: 'an outcome is about a delivered lead',
    contracts: 'the terms in force at delivery price the deal',
    charges: 'commission is charged and taken back',
    jobs: 'what follows an outcome runs in the background',
  },
  returns: {
    leads: 'a return gives a delivered lead back',
    contracts: 'the return window is in the terms',
    charges: 'what rested on the lead is mirrored',
    jobs: 'an undecided return is approved when its time is up',
  },
  settlements: {
    charges: 'a settlement is made of charges',
    ledger: 'approval is posted',
    jobs: 'periods are closed on a schedule',
  },
};

const everything = sourcesIn('apps', 'libs', 'migrations', 'test');

describe('libraries', () => {
  it('all stand in the table', () => {
    expect(Object.keys(table).toSorted()).toEqual(readdirSync(join(root, 'libs')).toSorted());
  });

  it('form no cycle', () => {
    expect(Object.keys(table).filter((library) => reachable(table, library).has(library))).toEqual([]);
  });
});

const rules: Readonly<Record<string, Rule>> = {
  'libraries import along the arrows of the table': direction(table, pure),
  'nobody reaches into a library, nor into another application except apps/process': noDeepImports,
  'files without a role suffix are pure': pureFiles(infrastructure),
  'libraries are flat and their files have known roles': libraryLayout,
};

describe('imports', () => {
  it.each(Object.entries(rules))('%s', (_, rule) => {
    expect(violationsOf(rule, everything)).toEqual([]);
  });
});

describe('the rules on imports refuse', () => {
  it.each([
    [
      'an arrow that is not in the table',
      direction(table, pure),
      'libs/ledger/src/a.ts',
      `import { x } from '#leads';`,
    ],
    [
      'a type along no arrow',
      direction(table, pure),
      'libs/money/src/a.ts',
      `import type { X } from '#database';`,
    ],
    [
      'a re-export along no arrow',
      direction(table, pure),
      'libs/charges/src/a.ts',
      `export * from '#settlements';`,
    ],
    ['a file inside a library', noDeepImports, 'apps/api/src/a.ts', `import { x } from '#leads/lead.js';`],
    [
      'a way round the index',
      noDeepImports,
      'test/a.spec.ts',
      `import { x } from '../libs/leads/src/lead.js';`,
    ],
    [
      'a neighbour library by path',
      noDeepImports,
      'libs/leads/src/a.ts',
      `import { x } from '../../money/src/money.js';`,
    ],
    [
      'an application in a library',
      noDeepImports,
      'libs/leads/src/a.ts',
      `await import('../../../apps/api/src/main.js');`,
    ],
    [
      'another application',
      noDeepImports,
      'apps/api/src/a.ts',
      `import { x } from '../../worker/src/tasks.js';`,
    ],
    [
      'an application in what all share',
      noDeepImports,
      'apps/process/src/a.ts',
      `import { x } from '../../api/src/a.js';`,
    ],
    [
      'what applications share in a library',
      noDeepImports,
      'libs/leads/src/a.ts',
      `import { x } from '../../../apps/process/src/log.js';`,
    ],
    [
      'a framework in a pure file',
      pureFiles([]),
      'libs/leads/src/lead.ts',
      `import { Module } from '@nestjs/common';`,
    ],
    [
      'a driver type in a pure file',
      pureFiles([]),
      'libs/leads/src/lead.ts',
      `import type { Pool } from 'pg';`,
    ],
    ['files in a pure file', pureFiles([]), 'libs/leads/src/lead.ts', `import fs from 'node:fs';`],
    [
      'I/O next door in a pure file',
      pureFiles([]),
      'libs/leads/src/lead.ts',
      `import { x } from './lead.store.js';`,
    ],
    ['a folder in a library', libraryLayout, 'libs/leads/src/deep/lead.ts', ``],
    ['an invented role', libraryLayout, 'libs/leads/src/lead.manager.ts', ``],
  ])('%s', (_, rule, path, text) => {
    expect(violationsOf(rule, [sourceOf(path, text)])).toHaveLength(1);
  });

  it('and let pass what is in order', () => {
    const store = `import { x } from './lead.js'; import { money } from '#money'; import type { T } from '#database';`;
    const pureText = `import { createHash } from 'node:crypto'; import type { R } from './lead.row.js';`;
    const sources = [
      sourceOf('libs/leads/src/lead.store.ts', store),
      sourceOf('libs/leads/src/hash.ts', pureText),
      sourceOf('apps/worker/src/a.ts', `import { x } from '../../process/src/log.js';`),
    ];
    for (const rule of Object.values(rules)) expect(violationsOf(rule, sources)).toEqual([]);
  });
});
