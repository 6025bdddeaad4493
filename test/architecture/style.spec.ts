import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { filesIn, root, sourceOf, sourcesIn, violationsOf, type Rule } from './sources.js';
import {
  everyTestRuns,
  fileNames,
  machinePaths,
  noForwardRef,
  oneWordEach,
  settingsInOnePlace,
  sizes,
  timeFromTheClock,
} from './style-rules.js';

const folders = ['apps', 'bin', 'libs', 'migrations', 'scripts', 'test'];
const everything = sourcesIn(...folders);

const rules: Readonly<Record<string, Rule>> = {
  'only libs/config reads process.env': settingsInOnePlace,
  'only libs/calendar asks for the time': timeFromTheClock,
  'nothing uses forwardRef': noForwardRef,
  'no file and no function is too long': sizes,
  'every test runs': everyTestRuns,
  'agency, buyer and operator have no other names': oneWordEach,
  'files are named in kebab-case': fileNames,
};

describe('sources', () => {
  it.each(Object.entries(rules))('%s', (_, rule) => {
    expect(violationsOf(rule, everything)).toEqual([]);
  });

  it('hold no path of somebody’s machine, nor do the documents', () => {
    const topLevel = readdirSync(root).filter(
      (name) => /\.(md|json|yml|js)$/.test(name) && !/-lock/.test(name),
    );
    const paths = [...filesIn([...folders, 'docs', '.ci'], /./), ...topLevel];
    const found = paths.flatMap((path) => machinePaths(path, readFileSync(join(root, path), 'utf8')));
    expect(found).toEqual([]);
  });
});

const many = (line: string, times: number): string => `${line}\n`.repeat(times);

describe('the rules on sources refuse', () => {
  it.each([
    ['process.env', settingsInOnePlace, 'apps/api/src/a.ts', `const x = process.env.PORT;`],
    ['process["env"]', settingsInOnePlace, 'libs/leads/src/a.store.ts', `const x = process['env']['PORT'];`],
    ['env from node:process', settingsInOnePlace, 'apps/api/src/a.ts', `import { env } from 'node:process';`],
    ['new Date()', timeFromTheClock, 'libs/leads/src/a.ts', `const x = new Date();`],
    ['new Date without brackets', timeFromTheClock, 'libs/leads/src/a.ts', `const x = new Date;`],
    ['Date()', timeFromTheClock, 'apps/api/src/a.ts', `const x = Date();`],
    ['Date.now', timeFromTheClock, 'apps/api/src/a.ts', `const x = { now: Date.now };`],
    [
      'performance.now in a pure file',
      timeFromTheClock,
      'libs/leads/src/a.ts',
      `const x = performance.now();`,
    ],
    ['forwardRef', noForwardRef, 'apps/api/src/a.module.ts', `const x = make(forwardRef);`],
    ['a long file', sizes, 'libs/leads/src/a.ts', many('// one', 401)],
    ['a long spec', sizes, 'libs/leads/src/a.spec.ts', many('// one', 401)],
    ['a long function', sizes, 'libs/leads/src/a.ts', `function f() {\n${many('  f();', 69)}}\n`],
    ['a long method', sizes, 'libs/leads/src/a.ts', `class A {\n  f() {\n${many('    f();', 69)}  }\n}\n`],
    ['a long arrow function', sizes, 'scripts/a.mjs', `const f = () => {\n${many('  f();', 69)}};\n`],
    ['it.skip', everyTestRuns, 'test/a.spec.ts', `it.skip('x', () => {});`],
    ['describe.only', everyTestRuns, 'test/a.spec.ts', `describe.only('x', () => {});`],
    ['it.each.only', everyTestRuns, 'test/a.spec.ts', `it.only.each([])('x', () => {});`],
    ['test.todo', everyTestRuns, 'test/a.spec.ts', `test.todo('x');`],
    ['xit', everyTestRuns, 'test/a.spec.ts', `xit('x', () => {});`],
    ['fdescribe', everyTestRuns, 'test/a.spec.ts', `fdescribe('x', () => {});`],
    ['a customer', oneWordEach, 'libs/leads/src/a.ts', `const customerId = 1;`],
    ['vendors', oneWordEach, 'apps/api/src/a.ts', `interface X { vendors: string }`],
    ['a partner in capitals', oneWordEach, 'libs/leads/src/a.ts', `enum X { PARTNER_PAID }`],
    ['a client in the domain', oneWordEach, 'libs/leads/src/a.ts', `const clientId = 1;`],
    ['capitals in a file name', fileNames, 'libs/leads/src/leadStore.ts', ``],
  ])('%s', (_, rule, path, text) => {
    expect(violationsOf(rule, [sourceOf(path, text)])).toHaveLength(1);
  });

  it.each(['home/ada', 'Users/ada', 'work', 'root'])('a path below /%s', (place) => {
    expect(machinePaths('a.md', `one\nsee /${place}/leadger`)).toEqual(['a.md:2']);
  });
});

describe('the rules on sources let pass', () => {
  it.each([
    ['settings in libs/config', settingsInOnePlace, 'libs/config/src/a.ts', `const x = process.env;`],
    ['settings in a script', settingsInOnePlace, 'scripts/a.mjs', `const x = process.env;`],
    ['a given date', timeFromTheClock, 'libs/leads/src/a.ts', `const x = new Date(millis);`],
    [
      'a stopwatch beside I/O',
      timeFromTheClock,
      'libs/leads/src/a.action.ts',
      `const x = performance.now();`,
    ],
    ['a function of 70 lines', sizes, 'libs/leads/src/a.ts', `function f() {\n${many('  f();', 68)}}\n`],
    [
      'a long chapter of a spec',
      sizes,
      'libs/leads/src/a.spec.ts',
      `describe('x', () => {\n${many('  f();', 90)}});\n`,
    ],
    ['a table of tests', everyTestRuns, 'test/a.spec.ts', `it.each([1])('x', () => {});`],
    ['an argument called only', everyTestRuns, 'libs/leads/src/a.ts', `const x = filter.only;`],
    [
      'a database connection',
      oneWordEach,
      'libs/leads/src/a.store.ts',
      `import pg from 'pg'; const client = new pg.Client();`,
    ],
    ['the role of a key', oneWordEach, 'libs/organizations/src/a.ts', `const x = { API_CLIENT: 1 };`],
    ['a name with dots', fileNames, 'libs/leads/src/submit-lead.action.ts', ``],
  ])('%s', (_, rule, path, text) => {
    expect(violationsOf(rule, [sourceOf(path, text)])).toEqual([]);
  });

  it('addresses and routes that look like paths', () => {
    expect(machinePaths('a.md', 'https://example.com/root/x, ./work/x and /v1/leads')).toEqual([]);
  });
});
