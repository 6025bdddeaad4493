import { posix } from 'node:path';
import ts from 'typescript';
import { forEachNode, importsOf, lineOf, type Rule, type Source, type Violation } from './sources.js';

const longestFile = 400;
const longestFunction = 70;

/** process.env is read in libs/config and nowhere else. */
export const settingsInOnePlace: Rule = (source) => {
  if (source.path.startsWith('libs/config/') || isOutsideTheProduct(source.path)) return [];
  return matching(
    source,
    (node) => isMember(node, 'process', 'env') || isElement(node, 'process', 'env'),
    'reads process.env',
    'settings are checked together, once, in libs/config, where a wrong one is told in a sentence',
  ).concat(
    importsOf(source)
      .filter(({ from }) => from === 'node:process' || from === 'process')
      .map(({ line }) => ({
        path: source.path,
        line,
        what: 'imports process',
        why: 'process.env is read in libs/config',
      })),
  );
};

/** The time of day comes from the Clock, which tests and the sandbox set. */
export const timeFromTheClock: Rule = (source) => {
  if (source.path.startsWith('libs/calendar/') || isOutsideTheProduct(source.path)) return [];
  const isPure = /^libs\/[^/]+\/src\/[^./]+\.ts$/.test(source.path);
  return matching(
    source,
    (node) =>
      (ts.isNewExpression(node) && isNamed(node.expression, 'Date') && (node.arguments?.length ?? 0) === 0) ||
      (ts.isCallExpression(node) && isNamed(node.expression, 'Date')) ||
      isMember(node, 'Date', 'now') ||
      (isPure && isMember(node, 'performance', 'now')),
    'asks the machine for the time',
    'money depends on dates: the Clock of libs/calendar is the only source, so that tests and the sandbox can set it',
  );
};

export const noForwardRef: Rule = (source) =>
  matching(
    source,
    (node) => isNamed(node, 'forwardRef'),
    'uses forwardRef',
    'it hides a cycle: two things that need each other are one, or lack a third',
  );

/** Neither a file over 400 lines nor, outside specs and migrations, a function over 70. */
export const sizes: Rule = (source) => {
  const lines = source.text.split('\n').length - (source.text.endsWith('\n') ? 1 : 0);
  const why = 'what does not fit on a few screens is two things';
  const tooLong: Violation[] =
    lines > longestFile
      ? [{ path: source.path, line: 1, what: `has ${lines} lines, over ${longestFile}`, why }]
      : [];
  // A describe() is a chapter and a migration is one statement, not a piece of logic.
  if (isSpec(source.path) || source.path.startsWith('migrations/')) return tooLong;
  forEachNode(source, (node) => {
    if (!ts.isFunctionLike(node) || !('body' in node) || !node.body) return;
    const start = source.tree.getLineAndCharacterOfPosition(node.getStart(source.tree)).line;
    const length = source.tree.getLineAndCharacterOfPosition(node.end).line - start + 1;
    if (length <= longestFunction) return;
    tooLong.push({
      path: source.path,
      line: start + 1,
      what: `has a function of ${length} lines, over 70`,
      why,
    });
  });
  return tooLong;
};

const testFunctions = new Set(['describe', 'it', 'test']);
const unrun = new Set(['skip', 'only', 'todo', 'failing']);

/** Every test runs, and none shuts the others out. */
export const everyTestRuns: Rule = (source) =>
  matching(
    source,
    (node) =>
      (ts.isPropertyAccessExpression(node) &&
        unrun.has(node.name.text) &&
        testFunctions.has(rootName(node))) ||
      (ts.isCallExpression(node) && /^(x|f)(describe|it|test)$/.test(rootName(node.expression))),
    'has a test that does not run, or shuts others out',
    'a skipped test says nothing while it looks as if it did',
  );

const otherWords = /^(partner|vendor|customer|affiliate)s?$/;

/** One word for each concept: agency, buyer, operator. A client is a program: of a database or of a server. */
/** Stripe's objects keep Stripe's names where its double and its own types are. */
const speaksStripe = /^(apps|test)\/stripe-sandbox\/|^(libs|test)\/stripe\/|^scripts\/generate-stripe-/;

export const oneWordEach: Rule = (source) => {
  if (speaksStripe.test(source.path)) return [];
  const talksToPrograms = importsOf(source).some(({ from }) =>
    /^(pg|undici|node:https?|supertest|fastify)$/.test(from),
  );
  return matching(
    source,
    (node) =>
      ts.isIdentifier(node) &&
      node.text !== 'API_CLIENT' &&
      wordsOf(node.text).some(
        (word) => otherWords.test(word) || (/^clients?$/.test(word) && isDomain(source, talksToPrograms)),
      ),
    'uses another word for agency, buyer or operator in a name',
    'one word for each concept, in code, API, database and pages',
  );
};

function isDomain(source: Source, talksToPrograms: boolean): boolean {
  return /^(libs|migrations)\//.test(source.path) && !talksToPrograms;
}

/** Paths of one person's machine work nowhere else. */
export function machinePaths(path: string, text: string): readonly string[] {
  const pattern = /(?<![\w.:/-])(\/(work|root|home\/[\w.-]+|Users\/[\w.-]+)\/[\w.-]+|[A-Z]:\\Users\\)/;
  return text.split('\n').flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}`] : []));
}

/** Files are kebab-case, parts divided by dots. */
export const fileNames: Rule = ({ path }) =>
  /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*\.(ts|tsx|mjs)$/.test(posix.basename(path))
    ? []
    : [
        {
          path,
          line: 1,
          what: 'is not named in kebab-case',
          why: 'some file systems tell A from a and some do not',
        },
      ];

function matching(
  source: Source,
  isWrong: (node: ts.Node) => boolean,
  what: string,
  why: string,
): Violation[] {
  const found: Violation[] = [];
  forEachNode(source, (node) => {
    if (isWrong(node)) found.push({ path: source.path, line: lineOf(source, node), what, why });
  });
  return found;
}

function isNamed(node: ts.Node, name: string): boolean {
  return ts.isIdentifier(node) && node.text === name;
}

function isMember(node: ts.Node, object: string, member: string): boolean {
  return ts.isPropertyAccessExpression(node) && isNamed(node.expression, object) && node.name.text === member;
}

function isElement(node: ts.Node, object: string, member: string): boolean {
  return (
    ts.isElementAccessExpression(node) &&
    isNamed(node.expression, object) &&
    ts.isStringLiteral(node.argumentExpression) &&
    node.argumentExpression.text === member
  );
}

// it.each(table).only → "it"
function rootName(node: ts.Node): string {
  if (ts.isIdentifier(node)) return node.text;
  return ts.isPropertyAccessExpression(node) || ts.isCallExpression(node) ? rootName(node.expression) : '';
}

function wordsOf(name: string): readonly string[] {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[_$]+/);
}

function isSpec(path: string): boolean {
  return path.endsWith('.spec.ts');
}

// Tests, benchmarks and scripts start processes and measure them.
function isOutsideTheProduct(path: string): boolean {
  return isSpec(path) || /^(test|scripts|bin)\//.test(path);
}
