// Where things are in a checkout. Only Node's own modules: this file is read before anything is installed.
import { createHash } from 'node:crypto';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Everything that a local instance keeps: the database, its log, the Stripe sandbox, demo.json, the lock. */
export const stateDir = path.join(root, '.leadger');

/** The embedded database of npm start. */
export const dataDir = path.join(stateDir, 'postgres');

export const demoFile = path.join(stateDir, 'demo.json');

/** What the Stripe sandbox beside the embedded database remembers. */
export const stripeStateFile = path.join(stateDir, 'stripe.jsonl');

export const entryPoints = {
  cli: path.join(root, 'dist', 'apps', 'cli', 'src', 'main.js'),
  api: path.join(root, 'dist', 'apps', 'api', 'src', 'main.js'),
  worker: path.join(root, 'dist', 'apps', 'worker', 'src', 'main.js'),
  stripe: path.join(root, 'dist', 'apps', 'stripe-sandbox', 'src', 'main.js'),
};

/** A folder outside the checkout with a name that stays the same for this checkout. */
export function stableTempDir() {
  const key = createHash('sha256').update(root).digest('hex').slice(0, 12);
  return path.join(os.tmpdir(), `leadger-${key}`);
}

/** A path as a person reads it: relative to the folder that the command was called in, where that is shorter. */
export function shown(file) {
  const relative = path.relative(process.cwd(), file);
  return relative !== '' && relative.length < file.length ? relative : file;
}
