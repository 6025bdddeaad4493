// Lets Node run the TypeScript sources themselves: `#money` is libs/money/src/index.ts, `./app.js` is app.ts, and what
// was compiled once is kept beside the packages.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { transformSync, version } from '@swc/core';

const root = fileURLToPath(new URL('../..', import.meta.url));
const cache = join(root, 'node_modules', '.cache', 'test-sources');
const settings = JSON.parse(readFileSync(join(root, '.swcrc'), 'utf8'));
const made = version + JSON.stringify(settings);
mkdirSync(cache, { recursive: true });

export async function resolve(specifier, context, next) {
  const source = sourceOf(specifier, context.parentURL);
  return source === undefined ? await next(specifier, context) : { url: source, shortCircuit: true };
}

function sourceOf(specifier, parent) {
  const [, library] = /^#([a-z]+)$/.exec(specifier) ?? [];
  if (library !== undefined) {
    const file = library === 'migrations' ? 'migrations/index.ts' : `libs/${library}/src/index.ts`;
    return pathToFileURL(join(root, file)).href;
  }
  if (!/^\.{1,2}\/.*\.js$/.test(specifier) || !parent?.endsWith('.ts')) return undefined;
  const { href } = new URL(specifier.replace(/\.js$/, '.ts'), parent);
  return existsSync(fileURLToPath(href)) ? href : undefined;
}

export async function load(url, context, next) {
  if (!url.startsWith('file:') || !new URL(url).pathname.endsWith('.ts')) return await next(url, context);
  return { format: 'module', source: compiled(fileURLToPath(url)), shortCircuit: true };
}

function compiled(filename) {
  const source = readFileSync(filename, 'utf8');
  const hash = createHash('sha256').update(`${made}\n${filename}\n${source}`).digest('hex');
  const kept = join(cache, `${hash}.js`);
  if (existsSync(kept)) return readFileSync(kept, 'utf8');
  const { code } = transformSync(source, { ...settings, filename, swcrc: false, sourceMaps: 'inline' });
  // Several workers compile at once: whoever reads sees all of it or nothing.
  const own = `${kept}.${process.pid}`;
  writeFileSync(own, code);
  renameSync(own, kept);
  return code;
}
