import { posix } from 'node:path';
import { importsOf, type Import, type Rule, type Source, type Violation } from './sources.js';

/** A library may import what is listed here, and what those may import in turn. Each arrow with its reason. */
export type DependencyTable = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Libraries without I/O, open to all. */
export type PureLibraries = readonly string[];

/** Everything that a library reaches along the arrows of the table. */
export function reachable(table: DependencyTable, library: string): ReadonlySet<string> {
  const found = new Set<string>();
  const follow = (from: string): void => {
    for (const next of Object.keys(table[from] ?? {})) {
      if (found.has(next)) continue;
      found.add(next);
      follow(next);
    }
  };
  follow(library);
  return found;
}

/** Imports between libraries go along the arrows of the table. */
export function direction(table: DependencyTable, pure: PureLibraries): Rule {
  return (source) => {
    const library = libraryOf(source.path);
    if (library === undefined) return [];
    const allowed = new Set([library, ...pure, ...reachable(table, library)]);
    return violations(
      source,
      ({ from }) => {
        const target = /^#([a-z]+)$/.exec(from)?.[1];
        if (target === undefined || allowed.has(target)) return undefined;
        return `${library} imports ${target}`;
      },
      'the table in test/architecture/dependencies.spec.ts has no arrow between them; an arrow back would be a cycle',
    );
  };
}

/** What every process is made of: the one folder that applications share. It knows none of them. */
const shared = 'apps/process';

/**
 * A library is entered through its index, its own files are reached relatively, nothing in libs knows apps, and
 * applications know nothing of each other but `apps/process`.
 */
export const noDeepImports: Rule = (source) =>
  violations(
    source,
    ({ from }) => {
      if (/^#[a-z]+\//.test(from)) return `imports ${from}, a file inside a library`;
      if (!from.startsWith('.')) return undefined;
      const target = posix.join(posix.dirname(source.path), from).replace(/\.js$/, '.ts');
      return trespass(territoryOf(source.path), target);
    },
    'what is not in an index is free to change, and a library that knows an application cannot serve another',
  );

function trespass(here: string | undefined, target: string): string | undefined {
  const there = territoryOf(target);
  if (here === there || there === undefined) return undefined;
  if (there.startsWith('libs/')) return `imports ${target}, a file inside a library`;
  if (here?.startsWith('libs/')) return `imports ${target}, an application`;
  if (!here?.startsWith('apps/') || there === shared) return undefined;
  return `imports ${target}, a file of another application`;
}

const ioSuffixes = ['action', 'store', 'queries', 'row', 'task', 'module'];
/** What only computes: the same answer without a file, a connection or a framework. */
const computing = new Set([
  '@node-rs/argon2',
  'csv-parse/sync',
  'csv-stringify/sync',
  'libphonenumber-js/core',
  'libphonenumber-js/min/metadata',
  'node:crypto',
  // domainToASCII alone is of use there; a URL is no I/O.
  'node:url',
  'node:zlib',
  'node:util',
  'node:buffer',
  'node:assert',
]);

/** In a domain library a file without a role suffix is pure: no framework, no driver, no file or network. */
export function pureFiles(infrastructure: readonly string[]): Rule {
  return (source) => {
    const library = libraryOf(source.path);
    if (library === undefined || infrastructure.includes(library) || !isPureByName(source.path)) return [];
    return violations(
      source,
      (imported) => impurity(imported),
      'a file without a role suffix is pure, so that rules about money are read and tested without a database',
    );
  };
}

function impurity({ from, typeOnly }: Import): string | undefined {
  if (from.startsWith('#')) return undefined;
  if (!from.startsWith('.')) return computing.has(from) ? undefined : `imports ${from} into a pure file`;
  const suffix = suffixOf(from.replace(/\.js$/, '.ts'));
  return suffix !== undefined && ioSuffixes.includes(suffix) && !typeOnly
    ? `imports ${from}, which does I/O, into a pure file`
    : undefined;
}

/** libs/leads/src is flat, and its files have a role suffix that the other rules know. */
export const libraryLayout: Rule = (source) => {
  const library = libraryOf(source.path);
  if (library === undefined) return [];
  const why = 'a library is one concept: one level of files, each named after what it holds and its role';
  const rest = source.path.slice(`libs/${library}/src/`.length);
  if (rest.includes('/'))
    return [{ path: source.path, line: 1, what: 'lies in a folder of its library', why }];
  const suffix = suffixOf(source.path.replace(/(\.(properties|scenario))?\.spec\.ts$/, '.ts'));
  if (suffix === undefined || ioSuffixes.includes(suffix)) return [];
  return [{ path: source.path, line: 1, what: `has the unknown suffix .${suffix}`, why }];
};

/** One door to Stripe: its double has the SDK's types only, and tests use the SDK to see what happened. */
export const stripeBehindItsPort: Rule = (source) => {
  if (/^(libs\/stripe|test)\//.test(source.path)) return [];
  const isDouble = source.path.startsWith('apps/stripe-sandbox/');
  return violations(
    source,
    ({ from, typeOnly }) =>
      /^stripe(\/|$)/.test(from) && !(isDouble && typeOnly) ? `imports ${from}` : undefined,
    'what is sent to Stripe, and what its answers mean, is decided in libs/stripe alone, behind PaymentProvider',
  );
};

/** The library that a path lies in: `libs/leads/src/lead.ts` → `leads`. */
export function libraryOf(path: string): string | undefined {
  return /^libs\/([^/]+)\//.exec(path)?.[1];
}

function territoryOf(path: string): string | undefined {
  return /^(?:libs|apps)\/[^/]+/.exec(path)?.[0];
}

function isSpec(path: string): boolean {
  return path.endsWith('.spec.ts');
}

function isPureByName(path: string): boolean {
  return !isSpec(path) && !path.endsWith('/index.ts') && suffixOf(path) === undefined;
}

function suffixOf(path: string): string | undefined {
  return /^[^.]+\.(.+)\.ts$/.exec(posix.basename(path))?.[1];
}

function violations(
  source: Source,
  judge: (imported: Import) => string | undefined,
  why: string,
): readonly Violation[] {
  return importsOf(source).flatMap((imported) => {
    const what = judge(imported);
    return what === undefined ? [] : [{ path: source.path, line: imported.line, what, why }];
  });
}
