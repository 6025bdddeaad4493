import { execFile, spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** What a command would be run with, printed. */
const printPort = `import { commandEnvironment } from './scripts/lib/command-environment.mjs';
console.log(commandEnvironment(process.env).PORT || 'none');
`;

/** Stands for a running instance: it holds the lock until its input ends. */
const hold = `import { takeStartLock } from './scripts/lib/start-lock.mjs';
const release = takeStartLock({ port: 4107 });
console.log('taken');
process.stdin.resume().on('end', release);
`;

describe('a command of the command line', () => {
  let checkout: string;
  beforeAll(async () => {
    // A checkout of its own, since this one may have an instance running.
    checkout = await mkdtemp(join(tmpdir(), 'leadger-checkout-'));
    await mkdir(join(checkout, 'scripts'));
    await cp(join(process.cwd(), 'scripts', 'lib'), join(checkout, 'scripts', 'lib'), { recursive: true });
    await writeFile(join(checkout, 'port.mjs'), printPort);
    await writeFile(join(checkout, 'hold.mjs'), hold);
  });
  afterAll(async () => {
    await rm(checkout, { recursive: true });
  });

  async function portOf(PORT: string): Promise<string> {
    const run = promisify(execFile);
    const { stdout } = await run(process.execPath, ['port.mjs'], { cwd: checkout, env: { PORT } });
    return stdout.trim();
  }

  it('is told the port of the instance that runs, unless a port is set', async () => {
    expect(await portOf('')).toBe('none');
    const instance = spawn(process.execPath, ['hold.mjs'], {
      cwd: checkout,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const ended = new Promise((resolve) => instance.once('exit', resolve));
    try {
      await new Promise((resolve) => instance.stdout.once('data', resolve));
      expect(await portOf('')).toBe('4107');
      expect(await portOf('4200')).toBe('4200');
    } finally {
      instance.stdin.end();
      await ended;
    }
    expect(await portOf('')).toBe('none');
  });
});
