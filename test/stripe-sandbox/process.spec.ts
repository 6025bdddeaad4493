import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { errorOf, sdkFor } from './support.js';

const main = join(import.meta.dirname, '../../dist/apps/stripe-sandbox/src/main.js');
const folder = mkdtempSync(join(tmpdir(), 'stripe-sandbox-'));
const running = new Set<ChildProcess>();

afterAll(() => {
  for (const child of running) child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

async function startProcess(): Promise<{ child: ChildProcess; port: number }> {
  const child = spawn(process.execPath, [main, '--port', '0', '--state', join(folder, 'stripe.jsonl')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  running.add(child);
  for await (const line of createInterface({ input: child.stdout })) {
    const port = /:(\d+)$/.exec(line)?.[1];
    if (port !== undefined) return { child, port: Number(port) };
  }
  throw new Error('it ended');
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
  running.delete(child);
  return child.exitCode;
}

it('as a process it keeps what it has answered, be it killed or asked to stop', async () => {
  const first = await startProcess();
  const options = { idempotencyKey: 'tu:1' };
  const params = { amount: 10_00, currency: 'usd' };
  const made = await sdkFor(first).topups.create(params, options);
  await end(first.child, 'SIGKILL');
  expect(await errorOf(sdkFor(first).balance.retrieve())).toMatchObject({ type: 'StripeConnectionError' });

  const second = await startProcess();
  expect(await sdkFor(second).topups.create(params, options)).toEqual(made);
  expect(await end(second.child, 'SIGTERM')).toBe(0);

  const third = await startProcess();
  expect((await sdkFor(third).topups.list()).data).toHaveLength(1);
  expect(await end(third.child, 'SIGTERM')).toBe(0);
});
