/**
 * What lies between a process and the Stripe sandbox: everything goes through, until a test holds it. So a process is
 * killed between two bytes, and not after some milliseconds.
 */
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** BEFORE: the bytes went out, and Stripe has not seen them. AFTER: Stripe has acted, and nobody knows. */
export type HeldAt = 'BEFORE' | 'AFTER';

interface Held {
  readonly key: string;
  /** Lets it go on, be the sender there or not. */
  readonly goOn: () => Promise<void>;
}

export class Wire {
  private holds: { readonly at: HeldAt; readonly takes: (key: string) => boolean } | null = null;
  private held: Held[] = [];

  private constructor(
    private readonly server: Server,
    private readonly target: URL,
  ) {}

  static async open(target: string): Promise<Wire> {
    const server = createServer();
    const wire = new Wire(server, new URL(target));
    server.on('request', (incoming: IncomingMessage, answer: ServerResponse) => {
      // The sender may be gone, by its own will or by a signal.
      incoming.on('error', () => undefined);
      answer.on('error', () => undefined);
      void wire.pass(incoming, answer);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return wire;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Holds whatever has an idempotency key that is taken. */
  hold(at: HeldAt, takes: (key: string) => boolean): void {
    this.holds = { at, takes };
  }

  /** The keys of what is held. */
  heldKeys(): readonly string[] {
    return this.held.map(({ key }) => key);
  }

  /** Holds nothing more; of what is held, what `arrives` takes goes on, and the rest is lost for ever. */
  async release(arrives: (key: string) => boolean = () => true): Promise<void> {
    const held = this.held;
    this.holds = null;
    this.held = [];
    await Promise.all(held.filter(({ key }) => arrives(key)).map(({ goOn }) => goOn()));
  }

  /** Holds nothing more, and keeps what it holds until the given function is called. */
  keepHeld(): () => Promise<void> {
    const held = this.held;
    this.holds = null;
    this.held = [];
    return async () => {
      await Promise.all(held.map(({ goOn }) => goOn()));
    };
  }

  async close(): Promise<void> {
    await new Promise((resolve) => {
      this.server.close(resolve);
      this.server.closeAllConnections();
    });
  }

  private async pass(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const { bytes: body, isWhole } = await bytesOf(incoming);
    if (!isWhole) return;
    const key = String(incoming.headers['idempotency-key'] ?? '');
    const holds = key !== '' && this.holds?.takes(key) ? this.holds.at : null;
    if (holds === 'BEFORE') {
      this.held.push({ key, goOn: () => this.forward(incoming, body, answer) });
      return;
    }
    if (holds === null) return await this.forward(incoming, body, answer);
    let goOn = (): void => undefined;
    const released = new Promise<void>((resolve) => (goOn = resolve));
    const gone = this.forward(incoming, body, answer, async () => {
      this.held.push({ key, goOn: async () => (goOn(), await gone) });
      await released;
    });
    await gone;
  }

  private async forward(
    incoming: IncomingMessage,
    body: Buffer,
    answer: ServerResponse,
    beforeAnswer?: () => Promise<void>,
  ): Promise<void> {
    const { hostname, port } = this.target;
    const { method, url: path, headers } = incoming;
    await new Promise<void>((resolve) => {
      const out = request({ hostname, port, method, path, headers }, (response) => {
        void this.giveBack(response, answer, beforeAnswer).then(resolve);
      });
      out.on('error', () => {
        void (beforeAnswer?.() ?? Promise.resolve()).then(() => {
          answer.socket?.resetAndDestroy();
          resolve();
        });
      });
      out.end(body);
    });
  }

  private async giveBack(
    response: IncomingMessage,
    answer: ServerResponse,
    beforeAnswer?: () => Promise<void>,
  ): Promise<void> {
    const body = await bytesOf(response);
    await beforeAnswer?.();
    const { statusCode = 500, headers } = response;
    answer.writeHead(statusCode, headers);
    // What was cut there is cut here.
    if (body.isWhole) answer.end(body.bytes);
    else answer.write(body.bytes, () => answer.destroy());
  }
}

/** As much as came; not whole when it broke off. */
async function bytesOf(
  message: IncomingMessage,
): Promise<{ readonly bytes: Buffer; readonly isWhole: boolean }> {
  const parts: Buffer[] = [];
  try {
    for await (const part of message as AsyncIterable<Buffer>) parts.push(part);
  } catch {
    return { bytes: Buffer.concat(parts), isWhole: false };
  }
  return { bytes: Buffer.concat(parts), isWhole: true };
}
