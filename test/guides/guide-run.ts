/** Does what a reader of a guide does, request by request, in a marketplace with workers that deliver. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { UnitOfWork } from '#database';
import { startRelay, WebhookQueueStore } from '#events';
import { sampleVerticals } from '#verticals';
import type { RunningRelay, WebhookSender } from '#webhooks';
import { importToolsOf, openImportRunner } from '../../apps/process/src/import-runner.js';
import { showId } from '../../apps/process/src/show-id.js';
import { root } from '../architecture/sources.js';
import { openSender } from '../events/open-relay.js';
import { freePort } from '../faults/random-kills-processes.js';
import { OpenHandover } from '../handover/open-handover.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { Marketplace } from '../support/marketplace.js';
import { readCurl } from './curl.js';
import { differenceOf } from './match.js';
import type { Request } from './read-guide.js';

export type Side = 'agency' | 'buyer';

/** A sandbox as `npm start` leaves it, with what a reader has exported and what answers have shown. */
export class GuideRun {
  private readonly programs: ChildProcessWithoutNullStreams[] = [];
  private constructor(
    readonly app: TestApp,
    private readonly side: Side,
    private readonly known: Map<string, string>,
    private readonly handover: OpenHandover,
    private readonly events: { readonly relay: RunningRelay; readonly sender: WebhookSender },
    private readonly imports: RunningRelay,
  ) {}

  static async start(side: Side): Promise<GuideRun> {
    const app = await startTestApp({ environment: { LEADGER_POOL_SIZE: '8' } });
    const market = new Marketplace(app, 'guide');
    for (const { schema, ...vertical } of sampleVerticals) {
      await market.done('admin', 'defineVertical', { ...vertical }, 'replayed');
      await market.done('admin', 'publishLeadSchema', { vertical: vertical.key, schema }, 'replayed');
    }
    const handover = new OpenHandover(app);
    handover.relay();
    const sender = openSender();
    const relay = startRelay({
      queue: app.nest.get(WebhookQueueStore, { strict: false }),
      unitOfWork: app.nest.get(UnitOfWork),
      sender,
      showId,
      onError: (error) => handover.errors.push(error),
      idleMs: 5,
    });
    const port = String(await freePort());
    const known = new Map([
      ['LEADGER', app.url],
      ['AGENCY_KEY', app.keys.agency],
      ['BUYER_KEY', app.keys.buyer],
      ['AGENCY_ID', app.organizations.agency.id],
      ['BUYER_ID', app.organizations.buyer.id],
      ['PORT', port],
      ['RECEIVER', `http://127.0.0.1:${port}/leadger`],
      ['AGREED', app.now().toISOString()],
    ]);
    const imports = openImportRunner(importToolsOf(app.nest));
    return new GuideRun(app, side, known, handover, { relay, sender }, imports);
  }

  /** Throws when the answer is not as the guide shows it. */
  async follow(request: Request): Promise<void> {
    if (request.kind === 'program') return await this.run(request.text);
    // What a worker does is there a moment later; only looking may be done again.
    const until = performance.now() + (isLook(request) ? 15_000 : 0);
    for (;;) {
      const { status, body } = await this.send(request);
      const known = new Map(this.known);
      const difference =
        status !== (request.answer?.status ?? 200)
          ? `status ${status}: ${JSON.stringify(body)}`
          : request.answer && differenceOf(request.answer.body, body, known);
      if (!difference) {
        for (const [name, value] of known) this.known.set(name, value);
        return;
      }
      if (performance.now() > until) throw new Error(`line ${request.line}: ${difference}`);
    }
  }

  private async send(request: Request): Promise<{ status: number; body: unknown }> {
    if (request.kind === 'graphql') {
      const key = this.app.keys[(request.as ?? this.side) as Side];
      const { status, data, errors } = await this.app.gql<unknown>(key, this.named(request.text));
      return { status, body: { data, ...(errors ? { errors } : {}) } };
    }
    const { url, ...init } = readCurl(request.text, this.known);
    const response = await fetch(url, { ...init, body: init.body ?? null });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.startsWith('application/json') === true;
    const body: unknown = isJson ? JSON.parse(text) : text;
    if (typeof body === 'object' && body !== null) Reflect.deleteProperty(body, 'extensions');
    return { status: response.status, body };
  }

  /** The document with what `"$NAME"` stands for. */
  private named(text: string): string {
    return text.replaceAll(/"\$([A-Z_]+)"/g, (_all, name: string) => {
      const value = this.known.get(name);
      if (value === undefined) throw new Error(`$${name} is not known here`);
      return JSON.stringify(value);
    });
  }

  /** A program of the reader's, until the end of the guide; what answers have shown is in its environment. */
  private async run(text: string): Promise<void> {
    const program = spawn(process.execPath, ['--input-type=module', '-'], {
      cwd: root,
      env: { ...Object.fromEntries(this.known) },
    });
    this.programs.push(program);
    const errors: Buffer[] = [];
    program.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
    program.stdin.end(text);
    const started = once(program.stdout, 'data').then(() => true);
    const ended = once(program, 'exit').then(() => false);
    if (!(await Promise.race([started, ended]))) throw new Error(Buffer.concat(errors).toString());
  }

  async stop(): Promise<void> {
    for (const program of this.programs) program.kill();
    await this.imports.stop(5_000);
    await this.handover.stopRelays();
    await this.events.relay.stop(5_000);
    await this.events.sender.close();
    await this.app.verifyInvariants();
    await this.app.stop();
    if (this.handover.errors.length > 0) throw new AggregateError(this.handover.errors);
  }
}

function isLook({ kind, text }: Request): boolean {
  return kind === 'graphql'
    ? /^\s*(?:\{|query\b)/.test(text)
    : !/ (?:-d|--json|--data-urlencode) /.test(text);
}
