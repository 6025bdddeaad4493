import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  direction,
  libraryLayout,
  noDeepImports,
  pureFiles,
  reachable,
  stripeBehindItsPort,
  type DependencyTable,
} from './dependency-rules.js';
import { root, sourceOf, sourcesIn, violationsOf, type Rule } from './sources.js';

/** Without I/O, so everything may use them; the vocabulary of outcomes is below the other two. */
const pure = ['calendar', 'money', 'outcome'];

/** Not domain libraries: their suffix-less files may do I/O, for that is what they are for. */
const infrastructure = ['config', 'database', 'jobs', 'stripe', 'webhooks'];

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
  approvals: {
    organizations: 'people approve, each within a limit of their own',
    database: 'who approved what is kept in the transaction of the approval',
  },
  contracts: {
    organizations: 'an agency and a buyer agree, through users who act',
    events: 'both sides are told of every act',
    ledger: 'the accounts of a pair are opened when its contract is accepted, off the hot path',
  },
  charges: {
    contracts: 'a charge is priced by the terms in force',
    ledger: 'a charge is posted as it is made',
  },
  webhooks: { database: 'nothing is sent inside a transaction' },
  events: {
    organizations: 'each organization has a feed and endpoints of its own',
    webhooks: 'events are sent as webhooks',
    database: 'an event is written in the transaction of its fact',
    audit: 'who made and changed an endpoint is kept',
  },
  verticals: {
    organizations: 'the operator defines them',
    database: 'schemas are rows',
    audit: 'who published what is kept',
  },
  persons: {
    organizations: 'each organization has keys and a suppression list of its own',
    config: 'the master key is a setting',
    database: 'wrapped keys and hashes are rows',
    audit: 'who suppressed whom is kept',
  },
  routing: {
    contracts: 'a lead goes to a buyer under a contract, at its price',
    events: 'buyers are told what they may claim',
    verticals: 'rules ask for the attributes of a schema',
    organizations: 'agencies make routes, and buyers say what they want',
    database: 'routes, counters and decisions are rows',
    audit: 'who changed which rules is kept',
  },
  leads: {
    persons: 'whom a lead is about is sealed, and found again by a keyed hash',
    verticals: 'a lead is checked by the schema of its vertical',
    contracts: 'a lead is delivered under a contract',
    routing: 'which contract that is',
    charges: 'the delivery is charged in its own transaction',
    jobs: 'the buyer is notified afterwards',
  },
  handover: {
    leads: 'a delivered lead is what is handed over, sold and charged',
    webhooks: 'leads are sent to addresses that were checked, by signed messages',
    verticals: 'a mapping names attributes of the schema',
    audit: 'who said where leads go is kept',
  },
  imports: {
    leads: 'every row is submitted like any other lead',
    exports: 'failed rows are written as every file is',
    persons: 'files are sealed under the keys of the agency',
    verticals: 'columns are found by the attributes of the schema',
    audit: 'who began and ended an import is kept',
  },
  offers: {
    leads: 'what is offered is a lead, decided by what was bid and claimed',
    webhooks: 'buyers are asked at addresses that were checked, by signed messages',
    verticals: 'a sample ping has the attributes of the schema',
    audit: 'who said where a buyer is asked, and who claimed what, is kept',
  },
  deals: {
    events: 'both sides are told',
    leads: 'an outcome is about a delivered lead',
    contracts: 'the terms in force at delivery price the deal',
    charges: 'commission is charged and taken back',
    jobs: 'what follows an outcome runs in the background',
  },
  returns: {
    events: 'both sides are told',
    leads: 'a return gives a delivered lead back',
    contracts: 'the return window is in the terms',
    charges: 'what rested on the lead is mirrored',
    jobs: 'an undecided return is approved when its time is up',
  },
  settlements: {
    events: 'both sides are told of every state',
    approvals: 'a statement is approved by as many people as its sum needs',
    charges: 'a settlement is made of charges',
    ledger: 'approval is posted',
    jobs: 'periods are closed on a schedule',
  },
  payments: {
    ledger: 'what is asked of the provider is booked in the same transaction',
    jobs: 'what is due is done by the worker',
    organizations: 'people stop, request and decide',
    audit: 'who stopped and decided is kept',
    approvals: 'money that leaves by a request needs the same people as a statement',
  },
  stripe: { payments: 'it implements the port', config: 'key and address are settings' },
  collections: {
    settlements: 'an approved statement is what is collected',
    payments: 'a collection is an operation of the provider',
    contracts: 'a buyer without credit gets no leads',
  },
  payouts: {
    collections: 'only what was collected is released and paid out',
    settlements: 'holds, payouts and states follow statements',
    payments: 'a payout is an operation of the provider',
    contracts: 'hold days and the way of clawing back are terms',
  },
  exports: {
    settlements: 'a statement is taken away line by line',
    ledger: 'the journal is taken away posting by posting',
    organizations: 'a statement is given to whom it concerns, the journal to who may read the ledger',
    database: 'the journal is read at one instant, along a cursor',
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
  'only libs/stripe talks to Stripe': stripeBehindItsPort,
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
    [
      'the SDK of Stripe outside its library',
      stripeBehindItsPort,
      'libs/payments/src/a.store.ts',
      `import Stripe from 'stripe';`,
    ],
    [
      'even types of the SDK',
      stripeBehindItsPort,
      'apps/api/src/a.ts',
      `import type { Stripe } from 'stripe';`,
    ],
    [
      'the SDK in its own double',
      stripeBehindItsPort,
      'apps/stripe-sandbox/src/a.ts',
      `import { Stripe } from 'stripe';`,
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
      sourceOf('libs/stripe/src/a.ts', `import Stripe from 'stripe';`),
      sourceOf('apps/stripe-sandbox/src/a.ts', `import type { Stripe } from 'stripe';`),
    ];
    for (const rule of Object.values(rules)) expect(violationsOf(rule, sources)).toEqual([]);
  });
});
