import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { SystemClock } from '#calendar';
import { send } from './answer.js';
import { VirtualClock } from './clock.js';
import { createControl, type Control } from './control.js';
import { serveControl } from './control-http.js';
import { settleDue } from './due.js';
import { Failure } from './failure.js';
import { Faults } from './faults.js';
import { serveHosted } from './hosted-pages.js';
import { readIncoming } from './incoming.js';
import { noJournal, openJournal, seedIn, type Journal } from './journal.js';
import { serveOverview } from './page.js';
import { settleInvoice } from './pay-invoice.js';
import { serve, type Desk } from './pipeline.js';
import { RateLimit } from './rate-limit.js';
import { Store } from './store.js';
import { tasks } from './tasks.js';
import { Webhooks } from './webhooks.js';
import { defaultSettings, type Settings, type World } from './world.js';

export interface SandboxOptions {
  /** 0 for any that is free. */
  readonly port: number;
  readonly host?: string;
  /** Where rows are kept across restarts; without it, in memory. */
  readonly stateFile?: string;
  /** Stands still at this moment (ISO 8601) until it is moved; without it, follows real time. */
  readonly frozenAt?: string;
  readonly settings?: Partial<Settings>;
  /** Where hosted pages are for a browser, if not where it listens. */
  readonly publicUrl?: string;
  /** Makes ids the same in every run. */
  readonly seed?: string;
}

export interface Sandbox {
  readonly url: string;
  readonly port: number;
  readonly control: Control;
  stop(): Promise<void>;
}

const tickMs = 250;

/** A Stripe of one's own: listens, keeps its rows, and lets itself be told what shall go wrong. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { host = '127.0.0.1', stateFile } = options;
  const seed =
    options.seed ??
    (stateFile === undefined ? undefined : seedIn(stateFile)) ??
    randomBytes(8).toString('hex');
  const store = new Store(seed);
  const journal = stateFile === undefined ? noJournal : openJournal(stateFile, store);
  const system = new SystemClock();
  const clock = new VirtualClock(() => system.now().getTime());
  const world: World = {
    store,
    clock,
    settings: { ...defaultSettings, ...storedSettings(store), ...options.settings },
    tasks,
    intentSettled: settleInvoice,
    url: '',
    cause: null,
  };
  store.add('meta', { id: 'seed', value: seed });
  clock.setOffset(Number(store.get('meta', 'clock_offset')?.value ?? 0));
  if (options.frozenAt !== undefined) {
    clock.freeze();
    clock.set(Date.parse(options.frozenAt));
  }
  const listener = new Listener(host, options.port);
  const desk = createDesk(world, journal);
  const control = createControl({
    ...desk,
    down: () => listener.close(),
    up: () => listener.open(),
  });
  listener.handle = (request, response) => answer({ desk, control }, request, response);
  await listener.open();
  world.url = options.publicUrl ?? listener.url;
  desk.settle();
  desk.flush();
  const ticking = setInterval(() => {
    desk.settle();
    desk.flush();
  }, tickMs);
  ticking.unref();
  return {
    url: listener.url,
    port: listener.port,
    control,
    async stop() {
      clearInterval(ticking);
      await listener.close();
      await desk.webhooks.stop();
      desk.save();
    },
  };
}

function storedSettings(store: Store): Partial<Settings> {
  const text = store.get('meta', 'settings')?.value;
  return typeof text === 'string' ? (JSON.parse(text) as Partial<Settings>) : {};
}

type FullDesk = ReturnType<typeof createDesk>;

function createDesk(world: World, journal: Journal) {
  const { store, clock } = world;
  const save = (): void => {
    const known = store.get('meta', 'clock_offset')?.value ?? 0;
    if (known !== clock.offsetMs) store.add('meta', { id: 'clock_offset', value: clock.offsetMs });
    journal.write(store.takeChanges());
  };
  const webhooks = new Webhooks(world, save);
  const settle = (): void => {
    store.begin();
    if (settleDue(world) > 0) log('TIME', '/', {}, store.commit());
  };
  const flush = (): void => {
    save();
    webhooks.kick();
  };
  const log = (method: string, path: string, params: unknown, effects = store.commit()): void => {
    store.add('requests', {
      id: store.newId('req', 14),
      atMs: clock.nowMs(),
      method,
      path,
      account: '',
      idempotencyKey: null,
      params,
      status: null,
      errorCode: null,
      isReplay: false,
      fault: null,
      effects,
    });
  };
  const step = <T>(name: string, params: unknown, work: () => T): T => {
    settle();
    store.begin();
    try {
      const result = work();
      log('CONTROL', `/${name}`, params);
      settle();
      return result;
    } catch (error) {
      // A decline leaves what it leaves; anything else leaves nothing.
      if (error instanceof Failure && error.keepsEffects) log('CONTROL', `/${name}`, params);
      else store.rollback();
      throw error;
    } finally {
      flush();
    }
  };
  const rateLimit = new RateLimit();
  return { world, faults: new Faults(), rateLimit, webhooks, settle, flush, save, step };
}

/** The server, which can be closed and opened again on the same port. */
class Listener {
  handle: (request: IncomingMessage, response: ServerResponse) => Promise<void> = async () => undefined;
  private server: Server | undefined;

  constructor(
    private readonly host: string,
    public port: number,
  ) {}

  get url(): string {
    return `http://${this.host}:${this.port}`;
  }

  async open(): Promise<void> {
    if (this.server) return;
    const server = createServer((request, response) => {
      // The other side may be gone, by its own will or by a fault's.
      response.on('error', () => undefined);
      request.on('error', () => undefined);
      this.handle(request, response).catch((error: unknown) => {
        if (!response.headersSent) response.writeHead(500);
        response.end(error instanceof Error ? error.message : 'failed');
      });
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.port, this.host, resolve);
    });
    this.port = (server.address() as AddressInfo).port;
    this.server = server;
  }

  async close(): Promise<void> {
    const server = this.server;
    this.server = undefined;
    if (!server) return;
    await new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    });
  }
}

async function answer(
  { desk, control }: { desk: FullDesk & Desk; control: Control },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const incoming = await readIncoming(request);
    if (/^\/v[12]\//.test(incoming.path)) await serve(desk, incoming, response);
    else if (incoming.path.startsWith('/_sandbox/')) await serveControl(control, incoming, response);
    else if (incoming.path === '/') serveOverview(desk.world, response);
    else serveHosted(desk, incoming, response);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    send(response, undefined, {
      status: error.status,
      body: JSON.stringify({ error: error.body }),
      requestId: '',
    });
  }
}
