import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SystemClock } from '#calendar';
import { longestBodyBytes, readSecret, verifyWebhook } from '#webhooks';
import { CommandError } from '../command.js';

/** A lead as it came to the buyer. */
export interface ReceivedLead {
  readonly externalId: string;
  /** On the clock of `performance.now()`. */
  readonly atMs: number;
  readonly answer: 'accepted' | 'rejected';
}

/** What a lead needs at least for the buyer of the demo to want it, whatever the route says. */
export const leastScore = 30;

interface LeadBody {
  readonly data: { readonly externalId: string; readonly score: number | null };
}

const clock = new SystemClock();

/**
 * What a buyer's developer writes: it takes leads on a free port of this machine, checks the signature of the text as it
 * came, takes each id once, and answers the same when it comes again. Leads of a low score it refuses, with a reason.
 */
export class LeadReceiver {
  /** By `webhook-id`. */
  private readonly leads = new Map<string, ReceivedLead>();
  private secret: Uint8Array | undefined;
  /** Requests whose signature was not right. */
  forged = 0;

  private constructor(private readonly server: Server) {}

  static async start(): Promise<LeadReceiver> {
    const server = createServer();
    const receiver = new LeadReceiver(server);
    server.on('request', (request, response) => {
      receiver.take(request, response).catch(() => response.destroy());
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/leads`;
  }

  /** The secret as the API showed it once. */
  useSecret(shown: string): void {
    this.secret = readSecret(shown);
    if (!this.secret)
      throw new CommandError('the secret of the new destination is not one of Standard Webhooks.');
  }

  /** Undefined: no such lead came. */
  of(externalId: string): ReceivedLead | undefined {
    return [...this.leads.values()].find((lead) => lead.externalId === externalId);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    const atMs = performance.now();
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    );
    const fault = this.secret
      ? verifyWebhook({ headers, body }, this.secret, clock.now())
      : 'WRONG_SIGNATURE';
    if (fault !== null) {
      this.forged += 1;
      return void response.writeHead(401).end();
    }
    const id = headers['webhook-id'] ?? '';
    const known = this.leads.get(id);
    const { externalId, score } = (JSON.parse(body) as LeadBody).data;
    const answer = score !== null && score < leastScore ? 'rejected' : 'accepted';
    if (!known) this.leads.set(id, { externalId, atMs, answer });
    const said = answer === 'rejected' ? { status: answer, reason: 'LOW_SCORE' } : { status: answer };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(said));
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > longestBodyBytes) throw new RangeError('more than any lead has');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
