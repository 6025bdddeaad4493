// Compiles what changed since the last build. The swc command line starts slower than it compiles, cannot skip
// what is unchanged and leaves files behind whose source is gone; this does the three in a few milliseconds.
import fs from 'node:fs';
import fsp from 'node:fs/promises';
import path from 'node:path';
import { root } from './paths.mjs';

const sourceFolders = ['apps', 'libs', 'migrations', 'test'];
const outputDir = path.join(root, 'dist');
const copied = new Set(['.json', '.sql', '.graphql', '.lua']);

/** Brings dist/ up to date and returns how many files were written and removed. */
export async function build({ all = false } = {}) {
  const plan = planBuild();
  const stampFile = path.join(outputDir, '.built-with');
  const stamp = fs.readFileSync(path.join(root, '.swcrc'), 'utf8');
  const rebuild = all || !fs.existsSync(stampFile) || fs.readFileSync(stampFile, 'utf8') !== stamp;
  const stale = plan.filter((entry) => rebuild || isStale(entry));
  const removed = await removeOrphans(new Set(plan.flatMap(({ target }) => [target, `${target}.map`])));
  if (stale.length > 0) {
    const { transformFile } = await import('@swc/core');
    await Promise.all(stale.map((entry) => compile(entry, transformFile)));
  }
  if (rebuild) await writeAtomically(stampFile, stamp);
  return { written: stale.length, removed };
}

/** True when dist/ lacks anything that the sources have: what a start that should be quick asks first. */
export function buildIsNeeded() {
  return planBuild().some(isStale);
}

function planBuild() {
  return sourceFolders
    .flatMap((folder) => [...walk(path.join(root, folder))])
    .flatMap((source) => {
      const relative = path.relative(root, source);
      const extension = path.extname(source);
      if (extension === '.ts' && !/\.(spec|d)\.ts$/.test(source)) {
        return [{ source, target: path.join(outputDir, relative.replace(/\.ts$/, '.js')), compiled: true }];
      }
      return copied.has(extension)
        ? [{ source, target: path.join(outputDir, relative), compiled: false }]
        : [];
    });
}

function* walk(folder) {
  if (!fs.existsSync(folder)) return;
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    if (entry.name === 'node_modules' || entry.name.startsWith('.')) continue;
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) yield* walk(full);
    else if (entry.isFile()) yield full;
  }
}

// An output carries its source's time, so "unchanged" means equal: a source that git put back to an older version
// is rebuilt as well.
function isStale({ source, target }) {
  const from = fs.statSync(source, { throwIfNoEntry: false });
  const to = fs.statSync(target, { throwIfNoEntry: false });
  return from !== undefined && (to === undefined || Math.abs(from.mtimeMs - to.mtimeMs) > 2);
}

async function compile({ source, target, compiled }, transformFile) {
  const { atime, mtime } = await fsp.stat(source);
  if (!compiled) {
    await writeAtomically(target, await fsp.readFile(source), { atime, mtime });
    return;
  }
  const { code, map } = await transformFile(source, {
    configFile: path.join(root, '.swcrc'),
    swcrc: false,
    sourceFileName: path.relative(path.dirname(target), source),
  });
  if (map) await writeAtomically(`${target}.map`, map);
  const link = map ? `\n//# sourceMappingURL=${path.basename(target)}.map\n` : '';
  await writeAtomically(target, code + link, { atime, mtime });
}

// Two builds may run at once (a start beside a test run): a reader sees the old file or the new one, never half.
async function writeAtomically(file, content, times) {
  await fsp.mkdir(path.dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}.tmp`;
  await fsp.writeFile(temporary, content);
  if (times) await fsp.utimes(temporary, times.atime, times.mtime);
  await fsp.rename(temporary, file);
}

async function removeOrphans(wanted) {
  let removed = 0;
  for (const folder of sourceFolders) {
    for (const file of walk(path.join(outputDir, folder))) {
      if (wanted.has(file) || file.endsWith('.tmp')) continue;
      await fsp.rm(file, { force: true });
      removed += 1;
    }
  }
  return removed;
}
