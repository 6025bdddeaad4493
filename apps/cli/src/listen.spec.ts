import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { messageBody, sampleEvent } from '#events';
import { SystemClock } from '#calendar';
import { showSecret, signWebhook, Targets, WebhookSender } from '#webhooks';
import { showId } from '../../process/src/show-id.js';
import { CommandError } from './command.js';
import { listenCommand } from './listen.command.js';

const main = path.resolve('dist/apps/cli/src/main.js');
const clock = new SystemClock();
const secret = Buffer.alloc(32, 3);
const id = `evt_${'1'.repeat(26)}`;
const body = messageBody(sampleEvent('deal.won'), showId);

let child: ChildProcess | undefined;
let sender: WebhookSender;
beforeAll(() => {
  const nobody = async () => await Promise.reject(new Error('nobody'));
  sender = new WebhookSender(new Targets({ loopbackAllowed: true }, nobody, clock), clock);
});
afterEach(() => child?.kill());
afterAll(() => sender.close());

/** Starts it, without a database: whoever receives webhooks has none of ours. */
async function listen(...parameters: string[]) {
  const { DATABASE_URL: _none, ...env } = process.env;
  const started = spawn(process.execPath, [main, 'listen', ...parameters], { env });
  child = started;
  const lines: string[] = [];
  let errors = '';
  let more: () => void = () => undefined;
  started.stdout.on('data', (chunk: Buffer) => {
    lines.push(...chunk.toString().split('\n').filter(Boolean));
    more();
  });
  started.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => started.once('close', resolve));
  const line = async (pattern: RegExp): Promise<string> => {
    for (;;) {
      const found = lines.find((each) => pattern.test(each));
      if (found !== undefined) return found;
      const next = new Promise<void>((resolve) => (more = resolve));
      const code = await Promise.race([next, ended]);
      if (code !== undefined) throw new Error(`it ended with ${code}: ${errors}`);
    }
  };
  return { line, lines, ended, stop: () => started.kill('SIGINT') };
}

const addressIn = (line: string): string => /http:\S+/.exec(line)?.[0] ?? '';

it('checks signatures, prints a line for each message, and fails as often as it is told', async () => {
  const listening = await listen('--port', '0', '--secret', showSecret(secret), '--fail', '1');
  const url = addressIn(await listening.line(/^Listening/));
  const send = async (secrets: Uint8Array[]) => (await sender.send({ url, id, body, secrets })).status;
  expect(await send([Buffer.alloc(32, 9)])).toBe(401);
  expect(await send([Buffer.alloc(32, 9), secret])).toBe(503);
  expect(await send([secret])).toBe(200);
  expect(await listening.line(/refused/)).toMatch(
    /^\d\d:\d\d:\d\d refused: its signature is not of this secret$/,
  );
  expect(await listening.line(/answered 503/)).toMatch(
    /^\d\d:\d\d:\d\d deal\.won evt_1+ test dealId=deal_\S+ .*\(answered 503\)$/,
  );
  expect(await listening.line(/try 2/)).toMatch(/\(try 2\)$/);
  expect(listening.lines.join('\n')).not.toContain('whsec');
  listening.stop();
  expect(await listening.ended).toBe(0);
});

it('refuses what is old, too large or no POST, and says when it checks nothing', async () => {
  const listening = await listen('--port', '0', '--secret', showSecret(secret));
  const url = addressIn(await listening.line(/^Listening/));
  const timestampSeconds = Math.floor(clock.now().getTime() / 1000) - 301;
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': String(timestampSeconds),
    'webhook-signature': signWebhook({ id, timestampSeconds, body }, [secret]),
  };
  expect((await fetch(url, { method: 'POST', headers, body })).status).toBe(401);
  expect(await listening.line(/refused/)).toContain('five minutes');
  expect((await fetch(url, { method: 'POST', body: 'x'.repeat(70_000) })).status).toBe(413);
  expect((await fetch(url)).status).toBe(405);
  listening.stop();
  expect(await listening.ended).toBe(0);
  const open = await listen('--port', '0');
  expect(await open.line(/not checked/)).toContain('give --secret');
});

it('receives leads, shows nothing of the person unless it is asked to, and answers what it is told', async () => {
  const lead = { id: `dlv_${'1'.repeat(26)}`, body: '{"data":{"contact":{"email":"ada@example.com"}}}' };
  const listening = await listen('--port', '0', '--secret', showSecret(secret), '--answer', 'rejected');
  const url = addressIn(await listening.line(/^Listening/));
  expect((await sender.send({ url, ...lead, secrets: [secret] })).answer).toBe('{"status":"rejected"}');
  expect(await listening.line(/delivery/)).toMatch(/delivery dlv_1+ data\.contact\.email=•••$/);
  expect(listening.lines.join('\n')).not.toContain('ada');
  expect((await sender.send({ url, id, body, secrets: [secret] })).answer).toBe('');
  listening.stop();
  await listening.ended;
  const showing = await listen('--port', '0', '--show');
  await sender.send({ url: addressIn(await showing.line(/^Listening/)), ...lead, secrets: [secret] });
  expect(await showing.line(/ada@example/)).toContain('"email": "ada@example.com"');
  showing.stop();
  await showing.ended;
});

it.each([
  [['--answer', 'maybe'], '--answer must be one of accepted, rejected, duplicate'],
  [['--secret', 'whsec_short'], '--secret must be what createWebhookEndpoint has shown'],
  [['--port', '99999'], '--port must be a number'],
  [['--fail', 'often'], '--fail must be how many tries'],
])('%j is told in a line', async (parameters, text) => {
  const error: unknown = await listenCommand.run(parameters).catch((thrown: unknown) => thrown);
  if (!(error instanceof CommandError)) throw new Error(`${text}: nothing was wrong`);
  expect(error.message).toContain(text);
  expect(error.message).not.toContain('\n');
});
