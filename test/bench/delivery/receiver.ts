// A process of its own: the buyers of the bench. It takes leads at /<name of a buyer>, checks the signature by that buyer's
// secret, answers at once, and tells its parent when what came. What is sent to /dead is never answered, and at /picky every third
// lead is refused.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { SystemClock } from '#calendar';
import { readSecret, verifyWebhook } from '#webhooks';
import type { Arrival, FromReceiver, ToReceiver } from './receiver-process.js';

const clock = new SystemClock();
const secrets = new Map<string, Uint8Array>();
/** The id of the message of each lead that came, and when it came first. */
const arrivals = new Map<string, Omit<Arrival, 'messageId'>>();
let repeated = 0;
let forged = 0;

async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const now = clock.now();
  const name = (request.url ?? '').slice(1);
  if (name === 'dead') return;
  const body = Buffer.concat(chunks).toString('utf8');
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([header, value]) => [header, String(value)]),
  );
  const secret = secrets.get(name);
  if (!secret || verifyWebhook({ headers, body }, secret, now) !== null) {
    forged += 1;
    return void response.writeHead(401).end();
  }
  const id = headers['webhook-id'] ?? '';
  const known = arrivals.get(id);
  if (known) repeated += 1;
  const { externalId } = (JSON.parse(body) as { readonly data: { readonly externalId: string } }).data;
  // The same at every try, as a buyer must.
  const answer = known?.answer ?? (name === 'picky' && isThird(externalId) ? 'rejected' : 'accepted');
  if (!known) arrivals.set(id, { externalId, atMs: now.getTime(), answer });
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ status: answer }));
}

const isThird = (externalId: string): boolean => Number(/\d+$/.exec(externalId)?.[0] ?? 0) % 3 === 0;

const say = (message: FromReceiver): void => void process.send?.(message);

process.on('message', (message: ToReceiver) => {
  if (message.what === 'secret') {
    const secret = readSecret(message.secret);
    if (secret) secrets.set(message.buyer, secret);
    return;
  }
  if (message.what === 'count') return say({ what: 'count', count: arrivals.size });
  say({
    what: 'arrivals',
    arrivals: [...arrivals].map(([messageId, arrival]) => ({ messageId, ...arrival })),
    repeated,
    forged,
  });
});

// It goes when its parent goes.
process.once('disconnect', () => process.exit());

const server = createServer((request, response) => {
  // Whoever sent it may be gone.
  take(request, response).catch(() => response.destroy());
});
server.listen(Number(process.env['PORT']), '127.0.0.1', () => say({ what: 'listening' }));
