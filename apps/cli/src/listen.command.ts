import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { SystemClock } from '#calendar';
import { longestBodyBytes, readSecret, type SignatureFault, verifyWebhook } from '#webhooks';
import { type Command, CommandError } from './command.js';
import { describeDelivery, isDelivery, showDelivery } from './describe-delivery.js';
import { describeWebhook } from './describe-webhook.js';
import { readOptions } from './options.js';

const clock = new SystemClock();

export const listenCommand: Command = {
  summary:
    'Receives events and leads on this machine, checks their signature, and prints a line for each: type, id, ids, amounts and ' +
    'states, and nothing of a person without --show. Answers 200, or 503 to the first tries of each message with --fail. ' +
    'Ctrl-C ends it.',
  usage:
    '[--port <number>] [--secret <whsec_…>] [--fail <tries>] [--answer accepted|rejected|duplicate] [--show]\n\n' +
    'Make an endpoint for http://localhost:<port>/ with createWebhookEndpoint, or a destination for leads with ' +
    'createDestination; both show their secret once. --answer is what leads are answered. --show prints leads as they come: ' +
    'it is personal data.',
  run: async (parameters) => {
    const options = readOptions(parameters, {
      port: { type: 'string', default: '4400' },
      secret: { type: 'string' },
      fail: { type: 'string', default: '0' },
      answer: { type: 'string', default: 'accepted' },
      show: { type: 'boolean', default: false },
    });
    const port = readNumber(options.port, 65_535);
    const fail = readNumber(options.fail, 1_000_000);
    const secret = options.secret === undefined ? null : readSecret(options.secret);
    if (port === undefined) throw new CommandError('--port must be a number from 0 to 65535.');
    if (fail === undefined)
      throw new CommandError('--fail must be how many tries of each message fail, such as 2.');
    if (secret === undefined)
      throw new CommandError('--secret must be what createWebhookEndpoint has shown: whsec_…');
    const { answer, show } = options;
    if (!answers.includes(answer)) throw new CommandError(`--answer must be one of ${answers.join(', ')}.`);
    await listen({ port, fail, secret, answer, show });
    return 0;
  },
};

/** What a lead can be answered. */
const answers: readonly string[] = ['accepted', 'rejected', 'duplicate'];

interface ListenOptions {
  readonly port: number;
  readonly fail: number;
  /** Null: signatures are not checked, and that is said. */
  readonly secret: Uint8Array | null;
  readonly answer: string;
  /** Whether leads are printed as they are. */
  readonly show: boolean;
}

async function listen(options: ListenOptions): Promise<void> {
  const tries = new Map<string, number>();
  const server = createServer((request, response) => {
    receive(request, response, options, tries).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: Error & { readonly code?: string }) => {
      const what =
        error.code === 'EADDRINUSE' ? 'is taken by another program' : `cannot be listened on (${error.code})`;
      reject(new CommandError(`port ${options.port} ${what}: name another with --port.`));
    });
    // Of this machine only, in both families.
    server.listen(options.port, 'localhost', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;
  console.log(`Listening on http://localhost:${port}/`);
  if (options.secret === null) console.log('Signatures are not checked: give --secret.');
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

async function receive(
  request: IncomingMessage,
  response: ServerResponse,
  { fail, secret, answer: said, show }: ListenOptions,
  tries: Map<string, number>,
): Promise<void> {
  const body = await readBody(request);
  const answer = (status: number, text = ''): void =>
    void response
      .writeHead(status, { 'content-type': text === '' ? 'text/plain' : 'application/json' })
      .end(text);
  if (request.method !== 'POST') return answer(405);
  if (body === undefined) return answer(413);
  const now = clock.now();
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value[0] : value]),
  );
  const fault = secret === null ? null : verifyWebhook({ headers, body }, secret, now);
  if (fault !== null) {
    console.log(`${timeOf(now)} refused: ${faults[fault]}`);
    return answer(401);
  }
  const id = headers['webhook-id'] ?? '';
  const number = (tries.get(id) ?? 0) + 1;
  if (tries.size >= maxRemembered) tries.clear();
  tries.set(id, number);
  const status = number <= fail ? 503 : 200;
  const note = [number > 1 ? `try ${number}` : '', status === 200 ? '' : `answered ${status}`].filter(
    Boolean,
  );
  const isLead = isDelivery(id);
  const line = `${timeOf(now)} ${isLead ? describeDelivery(id, body) : describeWebhook(id, body)}`;
  console.log(note.length > 0 ? `${line} (${note.join(', ')})` : line);
  if (isLead && show) console.log(showDelivery(body));
  answer(status, isLead && status === 200 ? JSON.stringify({ status: said }) : '');
}

const maxRemembered = 100_000;

const faults: Readonly<Record<SignatureFault, string>> = {
  MISSING_HEADER: 'it has no webhook-id, webhook-timestamp or webhook-signature',
  TOO_OLD_OR_NEW: 'its time is more than five minutes away from the clock of this machine',
  WRONG_SIGNATURE: 'its signature is not of this secret',
};

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= longestBodyBytes) chunks.push(chunk);
  }
  return bytes <= longestBodyBytes ? Buffer.concat(chunks).toString('utf8') : undefined;
}

const timeOf = (instant: Date): string => instant.toISOString().slice(11, 19);

function readNumber(text: string, most: number): number | undefined {
  return /^\d{1,9}$/.test(text) && Number(text) <= most ? Number(text) : undefined;
}
