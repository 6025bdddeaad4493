// Installs what package-lock.json lists and node_modules lacks.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { FriendlyError } from './friendly-error.mjs';
import { root } from './paths.mjs';

/** True when node_modules is missing or differs from package-lock.json. Costs a few milliseconds. */
export function installIsNeeded() {
  const wanted = readPackages(path.join(root, 'package-lock.json'));
  // npm's own record of what it installed.
  const installed = readPackages(path.join(root, 'node_modules', '.package-lock.json'));
  if (wanted === undefined) return installed === undefined;
  if (installed === undefined) return true;
  return Object.entries(wanted).some(([location, { version, optional, devOptional }]) => {
    if (location === '') return false;
    const present = installed[location];
    // Optional packages are for other operating systems as well: those are rightly absent.
    return present === undefined ? !optional && !devOptional : present.version !== version;
  });
}

/** Runs npm; `child` hands the process out so that a caller can stop it. */
export async function install({ onChild = () => {} } = {}) {
  const command = fs.existsSync(path.join(root, 'package-lock.json')) ? 'ci' : 'install';
  // Building needs the development packages, which NODE_ENV=production would leave out.
  const parameters = [
    command,
    '--include=dev',
    '--include=optional',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ];
  const [program, first] = npmProgram();
  const child = spawn(program, [...first, ...parameters], {
    cwd: root,
    shell: process.platform === 'win32' && first.length === 0,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onChild(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const code = await new Promise((resolve) => child.once('error', resolve).once('close', resolve));
  if (code === 0) return;
  console.error(output.trim());
  throw new FriendlyError(
    `the packages could not be installed: see above, then run npm ${command} yourself.`,
  );
}

// Under npm its own path is known; it is the same npm as the one that was called.
function npmProgram() {
  const { npm_execpath: own } = process.env;
  return own?.endsWith('.js') ? [process.execPath, [own]] : ['npm', []];
}

function readPackages(file) {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}
