import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BenchFailure, type BenchHost } from '../host.js';
import { run } from '../processes.js';

const files = ['package.json', 'package-lock.json', 'server.mjs'] as const;

/** Where PostGraphile is, ready to be started; or why it is not. */
export type Installed = { readonly server: string } | { readonly missing: string };

/**
 * Installs PostGraphile beside the results, out of the checkout's own packages: it is no dependency of the product, and
 * larger than all of them. What is there already is kept.
 */
export async function installPostgraphile(host: BenchHost): Promise<Installed> {
  const folder = join(host.stateDir, 'bench-postgraphile');
  const source = join(host.root, 'test', 'bench', 'intake', 'postgraphile');
  const server = join(folder, 'server.mjs');
  const isThere =
    existsSync(join(folder, 'node_modules', '.package-lock.json')) &&
    textOf(join(folder, 'package-lock.json')) === textOf(join(source, 'package-lock.json'));
  mkdirSync(folder, { recursive: true });
  for (const file of files) copyFileSync(join(source, file), join(folder, file));
  if (isThere) return { server };
  // Its scripts are not needed, and nobody has read them.
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', '--fetch-retries=1'];
  try {
    const env = Object.fromEntries(
      Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
    );
    await host.step('installing PostGraphile', () => run('npm', args, { env, cwd: folder }));
    return { server };
  } catch (error) {
    const said = error instanceof BenchFailure || error instanceof Error ? error.message : String(error);
    host.say(`PostGraphile could not be installed, so it is left out:\n${said}`);
    return { missing: 'PostGraphile could not be installed where this ran, so it is not compared with.' };
  }
}

function textOf(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}
