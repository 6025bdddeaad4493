/** One try against real servers: what arrives, what does not, and how little a bad receiver can hold up. */
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { SystemClock } from '#calendar';
import { createDataSource, UnitOfWork } from '#database';
import { done } from '#outcome';
import { type ResolvedTarget, showSecret, Targets, webhookHeaders, WebhookSender } from '#webhooks';
import { createTestDatabase } from '../support/database.js';
import { answerWith, Receiver } from './receiver.js';

const clock = new SystemClock();
const secret = Buffer.alloc(32, 1);
const older = Buffer.alloc(32, 2);
const message = { id: 'evt_1', body: '{"type":"deal.won"}', secrets: [secret, older] };
const nowhere = async () => await Promise.reject(new Error('nobody asks'));
const targets = new Targets({ loopbackAllowed: true }, nowhere, clock);

let receiver: Receiver;
let sender: WebhookSender;
beforeAll(async () => {
  receiver = await Receiver.start();
  sender = new WebhookSender(targets, clock);
});
beforeEach(() => {
  receiver.received.length = 0;
  receiver.answer = answerWith(200);
});
afterAll(async () => {
  await sender.close();
  await receiver.stop();
});

const send = async (url = receiver.url) => await sender.send({ ...message, url });

/** A server that speaks with bytes of its own choosing. */
async function tcpServer(onConnection: (socket: Socket) => void) {
  const sockets: Socket[] = [];
  const server = createTcpServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  return { stop, port: (server.address() as AddressInfo).port };
}

describe('a message', () => {
  it('arrives with the headers of Standard Webhooks, signed with every secret', async () => {
    const tried = await send(`${receiver.url}?a=b`);
    expect(tried).toMatchObject({ failure: null, status: 200, answerBytes: 0 });
    const [{ method, path, headers, body }] = receiver.received as [(typeof receiver.received)[0]];
    expect({ method, path, body }).toEqual({ method: 'POST', path: '/hook?a=b', body: message.body });
    expect(headers).toMatchObject({
      host: `127.0.0.1:${receiver.port}`,
      'content-type': 'application/json',
      'webhook-id': 'evt_1',
    });
    for (const each of [secret, older])
      expect(new Webhook(showSecret(each)).verify(body, headers)).toEqual({ type: 'deal.won' });
    expect(webhookHeaders('evt_1', tried.startedAt)).toEqual({
      'content-type': 'application/json',
      'user-agent': 'Leadger-Webhooks/1',
      'webhook-id': 'evt_1',
      'webhook-timestamp': headers['webhook-timestamp'],
    });
    expect(tried.bodyHash.toString('hex')).toMatch(/^[0-9a-f]{64}$/);
  });

  it('goes to the name that was given, at the pinned address', async () => {
    const tried = await send(`http://hooks.localhost:${receiver.port}/`);
    expect(tried.failure).toBeNull();
    expect(receiver.received[0]?.headers['host']).toBe(`hooks.localhost:${receiver.port}`);
  });

  it('of more than 64 kB is not sent', async () => {
    const body = 'ü'.repeat(32_769);
    expect(await sender.send({ ...message, body, url: receiver.url })).toMatchObject({
      failure: 'TOO_LARGE',
    });
    expect(receiver.received).toEqual([]);
  });

  it('is never sent from within a transaction', async () => {
    const database = await createTestDatabase();
    const dataSource = await createDataSource({ url: database.url, poolSize: 1 }).initialize();
    try {
      const sending = new UnitOfWork(dataSource).run(async () => done(await send()));
      await expect(sending).rejects.toThrow('inside a transaction');
    } finally {
      await dataSource.destroy();
      await database.drop();
    }
    expect(receiver.received).toEqual([]);
  });
});

describe('an answer', () => {
  it.each([
    [200, null],
    [204, null],
    [299, null],
    [301, 'REDIRECT'],
    [307, 'REDIRECT'],
    [400, 'STATUS'],
    [404, 'STATUS'],
    [410, 'GONE'],
    [429, 'STATUS'],
    [500, 'STATUS'],
    [503, 'STATUS'],
  ])('of status %d: %s', async (status, failure) => {
    receiver.answer = answerWith(status, { 'retry-after': '7', location: `${receiver.url}/elsewhere` });
    expect(await send()).toMatchObject({ status, failure, retryAfterMs: 7_000 });
    // Nothing is followed.
    expect(receiver.received.map(({ path }) => path)).toEqual(['/hook']);
  });

  it('is read to 64 kB and kept to 2 kB, without what cannot be shown', async () => {
    receiver.answer = answerWith(200, {}, `a\u0000b\r\n${'x'.repeat(200_000)}`);
    const tried = await send();
    expect(tried.failure).toBeNull();
    expect(tried.answerBytes).toBe(65_536);
    expect(tried.answerStart).toMatch(/^ab\nx+$/);
    expect(tried.answerStart.length).toBeLessThanOrEqual(2_048);
  });

  it.each([
    [
      'is no JSON from its beginning on',
      Buffer.from('übernommen', 'latin1'),
      expect.stringContaining('bernommen'),
    ],
    ['is JSON with more than UTF-8', Buffer.from('{"status":"ü"}', 'latin1'), null],
    ['has two bytes a letter', Buffer.from('\ufeff{"status":"rejected"}', 'utf16le'), null],
    ['is too long for JSON', Buffer.from(`{"a":"${'x'.repeat(70_000)}"}`), null],
    ['is a long page', Buffer.from(`<html>${'x'.repeat(70_000)}`), expect.stringMatching(/^<html>x/)],
  ])('whose body %s is told so far', async (_what, body, answer) => {
    receiver.answer = (response) => void response.writeHead(200).end(body);
    expect(await send()).toMatchObject({ failure: null, answer });
  });

  it('that never ends is left alone after a second, and counts by its status', async () => {
    receiver.answer = (response) => {
      response.writeHead(200).write('begun');
    };
    const patient = new WebhookSender(targets, clock);
    const tried = await patient.send({ ...message, url: receiver.url });
    expect(tried).toMatchObject({ failure: null, status: 200, answerStart: 'begun' });
    // The whole try would have fifteen seconds.
    expect(tried.durationMs).toBeLessThan(10_000);
    await patient.close();
  });

  it('whose body takes its time is read whole, where it is waited for', async () => {
    receiver.answer = (response) => {
      response.writeHead(200).write('{"status":');
      setTimeout(() => response.end('"rejected"}'), 1_300);
    };
    const waiting = new WebhookSender(targets, clock, 5_000, 5_000);
    const tried = await waiting.send({ ...message, url: receiver.url });
    expect(tried).toMatchObject({ failure: null, status: 200, answer: '{"status":"rejected"}' });
    await waiting.close();
  });

  it('has its time for head and body together', async () => {
    receiver.answer = (response) => {
      setTimeout(() => response.writeHead(200).write('begun'), 2_500);
    };
    const waiting = new WebhookSender(targets, clock, 5_000, 5_000);
    const tried = await waiting.send({ ...message, url: receiver.url });
    expect(tried).toMatchObject({ failure: null, status: 200, answer: null });
    // Each by itself would make it seven and a half seconds.
    expect(tried.durationMs).toBeLessThan(7_400);
    await waiting.close();
  });

  it('that does not come is given up', async () => {
    receiver.answer = () => undefined;
    const impatient = new WebhookSender(targets, clock, 400);
    const tried = await impatient.send({ ...message, url: receiver.url });
    expect(tried).toMatchObject({ failure: 'TIMEOUT', status: null });
    expect(tried.durationMs).toBeGreaterThanOrEqual(399);
    await impatient.close();
  });

  it.each([
    ['is no HTTP', 'hello\r\n\r\n', 'BAD_ANSWER'],
    ['has headers without end', `HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(9_000)}\r\n`, 'BAD_ANSWER'],
    ['breaks off', '', 'CONNECTION'],
  ])('that %s is a failure', async (_, bytes, failure) => {
    const { stop, port } = await tcpServer((socket) => {
      socket.once('data', () => socket.end(bytes));
    });
    expect(await send(`http://127.0.0.1:${port}/`)).toMatchObject({ failure, status: null });
    await stop();
  });

  it('of nobody is a failure', async () => {
    const { stop, port } = await tcpServer(() => undefined);
    await stop();
    expect(await send(`http://127.0.0.1:${port}/`)).toMatchObject({ failure: 'CONNECTION' });
  });

  it('without TLS where TLS is meant is a failure', async () => {
    expect(await send(`https://127.0.0.1:${receiver.port}/`)).toMatchObject({ failure: 'TLS' });
    expect(receiver.received).toEqual([]);
  });
});

describe('an address', () => {
  /** What a name resolves to, one answer after the other; the last one for good. */
  function resolving(...answers: readonly string[][]) {
    const asked: string[] = [];
    const resolve = async (host: string) => {
      asked.push(host);
      const addresses = answers[Math.min(asked.length, answers.length) - 1] ?? [];
      return await Promise.resolve({ addresses, ttlMs: 0 });
    };
    return { asked, resolve };
  }

  it.each([
    ['of this machine', ['127.0.0.1']],
    ['of this machine, in IPv6', ['::1']],
    ['that is private', ['10.0.0.7']],
    ['of the metadata service', ['169.254.169.254']],
    ['that is mapped', ['::ffff:127.0.0.1']],
    ['that is one of several', ['8.8.8.8', '127.0.0.1']],
    ['that is none', ['nonsense']],
  ])(
    '%s is refused although its name looks well, where this machine is allowed too',
    async (_, addresses) => {
      const { resolve } = resolving(addresses);
      for (const loopbackAllowed of [false, true]) {
        const strict = new WebhookSender(new Targets({ loopbackAllowed }, resolve, clock), clock);
        const url = `https://hooks.example:${receiver.port}/`;
        expect(await strict.send({ ...message, url })).toMatchObject({
          failure: 'ADDRESS_REFUSED',
          status: null,
        });
        await strict.close();
      }
      expect(receiver.received).toEqual([]);
    },
  );

  it('is asked for again at every try: a name that was public when it was saved is refused later', async () => {
    const { asked, resolve } = resolving(['8.8.8.8'], ['127.0.0.1']);
    const strict = new Targets({ loopbackAllowed: false }, resolve, clock);
    const url = `https://rebind.example:${receiver.port}/`;
    expect(await strict.find(url)).toMatchObject({ addresses: ['8.8.8.8'] });
    const rebound = new WebhookSender(strict, clock);
    expect(await rebound.send({ ...message, url })).toMatchObject({ failure: 'ADDRESS_REFUSED' });
    expect(asked).toEqual(['rebind.example', 'rebind.example']);
    expect(receiver.received).toEqual([]);
    await rebound.close();
  });

  it('that nobody knows is a failure of its own', async () => {
    const lost = new WebhookSender(new Targets({ loopbackAllowed: false }, nowhere, clock), clock);
    expect(await lost.send({ ...message, url: 'https://hooks.example/' })).toMatchObject({
      failure: 'UNRESOLVED',
    });
    await lost.close();
  });

  /** As if checking had been deceived: the target is said to be fine, and lies on this machine. */
  class Deceived extends Targets {
    override async find(text: string): Promise<ResolvedTarget> {
      const url = new URL(text);
      return await Promise.resolve({ url, host: url.hostname, isAddress: false, addresses: ['127.0.0.1'] });
    }
  }

  it('is the one that was checked, whatever its name means a moment later', async () => {
    const deceived = new WebhookSender(new Deceived({ loopbackAllowed: true }, nowhere, clock), clock);
    // No server of names knows this one: without pinning there would be no connection.
    const url = `http://hooks.invalid:${receiver.port}/`;
    expect(await deceived.send({ ...message, url })).toMatchObject({ failure: null });
    expect(receiver.received[0]?.headers['host']).toBe(`hooks.invalid:${receiver.port}`);
    await deceived.close();
  });

  it('is looked at once more when the connection stands, before anything is sent', async () => {
    const seen: Buffer[] = [];
    let closed: () => void = () => undefined;
    const isClosed = new Promise<void>((resolve) => (closed = resolve));
    const { stop, port } = await tcpServer((socket) => {
      socket.on('data', (bytes) => seen.push(bytes));
      socket.on('close', closed);
    });
    const deceived = new WebhookSender(new Deceived({ loopbackAllowed: false }, nowhere, clock), clock);
    const tried = await deceived.send({ ...message, url: `http://hooks.invalid:${port}/` });
    expect(tried).toMatchObject({ failure: 'ADDRESS_REFUSED' });
    await isClosed;
    expect(seen).toEqual([]);
    await deceived.close();
    await stop();
  });
});

describe('names', () => {
  it('are kept for as long as their servers say, and a minute at most', async () => {
    let now = 0;
    let asked = 0;
    let ttlMs = 5_000;
    const resolve = async () => {
      asked += 1;
      return await Promise.resolve({ addresses: ['8.8.8.8'], ttlMs });
    };
    const found = new Targets({ loopbackAllowed: false }, resolve, { now: () => new Date(now) });
    const findAt = async (ms: number): Promise<number> => {
      now = ms;
      await found.find('https://hooks.example/');
      return asked;
    };
    expect([await findAt(0), await findAt(4_999), await findAt(5_000)]).toEqual([1, 1, 2]);
    ttlMs = 86_400_000;
    expect([await findAt(10_000), await findAt(69_999), await findAt(70_000)]).toEqual([3, 3, 4]);
  });
});
