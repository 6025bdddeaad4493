import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './sources.js';

const script = join(root, 'scripts', 'schema-changes.mjs');
const committed = 'type Query { lead: String  leads: [String] }';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'leadger-schema-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function git(...parameters: readonly string[]): void {
  const settings = ['user.name=test', 'user.email=test@example.com', 'commit.gpgsign=false'];
  const who = settings.flatMap((setting) => ['-c', setting]);
  execFileSync('git', [...who, ...parameters], { cwd: folder, stdio: 'ignore' });
}

function check(schema: string, changelog: string): { code: number | null; said: string } {
  writeFileSync(join(folder, 'schema.graphql'), schema);
  writeFileSync(join(folder, 'CHANGELOG.md'), `# Changelog\n\n${changelog}`);
  // Without git's own variables: inside a hook they would name the checkout that the hook is about.
  const environment = Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_'));
  const env = { ...Object.fromEntries(environment), GIT_CEILING_DIRECTORIES: tmpdir() };
  const { status, stderr } = spawnSync(process.execPath, [script], { cwd: folder, env, encoding: 'utf8' });
  return { code: status, said: stderr };
}

it('has nothing to say before the first commit', () => {
  expect(check(committed, '')).toEqual({ code: 0, said: '' });
  git('init', '--quiet');
  expect(check(committed, '')).toEqual({ code: 0, said: '' });
  git('add', '.');
  git('commit', '--quiet', '--no-verify', '-m', 'first');
});

const smaller = 'type Query { lead: String }';

it.each([
  ['an addition', `${committed} type Deal { id: ID }`, ''],
  ['a removal that the changelog owns up to', smaller, '## Unreleased\n\n- Breaking: no leads\n'],
])('lets %s pass', (_name, schema, changelog) => {
  expect(check(schema, changelog)).toEqual({ code: 0, said: '' });
});

it.each([
  ['a removal', '## Unreleased\n'],
  ['a removal after one that an older version owned up to', '## Unreleased\n\n## 1.0.0\n\nBreaking: x\n'],
])('refuses %s', (_name, changelog) => {
  const { code, said } = check(smaller, changelog);
  expect(code).toBe(1);
  expect(said).toContain('schema.graphql: Query.leads was removed.');
});
