import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export type ToReceiver =
  | { readonly what: 'secret'; readonly buyer: string; readonly secret: string }
  | { readonly what: 'count' }
  | { readonly what: 'arrivals' };

export interface Arrival {
  readonly messageId: string;
  readonly externalId: string;
  /** When it came first, by this machine's clock. */
  readonly atMs: number;
  readonly answer: 'accepted' | 'rejected';
}

export interface Arrivals {
  readonly arrivals: readonly Arrival[];
  /** Requests with the id of a message that had come before. */
  readonly repeated: number;
  /** Requests that were not signed as they must be. */
  readonly forged: number;
}

export type FromReceiver =
  | { readonly what: 'listening' }
  | { readonly what: 'count'; readonly count: number }
  | ({ readonly what: 'arrivals' } & Arrivals);

/** The process of all buyers. */
export class ReceiverProcess {
  private constructor(
    private readonly child: ChildProcess,
    private readonly port: number,
  ) {}

  static async start(root: string, port: number): Promise<ReceiverProcess> {
    const { PATH = '' } = process.env;
    const child = fork(join(root, 'dist', 'test', 'bench', 'delivery', 'receiver.js'), [], {
      env: { PATH, PORT: String(port) },
      execArgv: [],
      // Ctrl-C must not reach it before the load has ended.
      detached: true,
    });
    const receiver = new ReceiverProcess(child, port);
    await receiver.hear('listening');
    return receiver;
  }

  urlOf(buyer: string): string {
    return `http://127.0.0.1:${this.port}/${buyer}`;
  }

  useSecret(buyer: string, secret: string): void {
    this.tell({ what: 'secret', buyer, secret });
  }

  /** Different messages so far. */
  async count(): Promise<number> {
    this.tell({ what: 'count' });
    return (await this.hear('count')).count;
  }

  async arrivals(): Promise<Arrivals> {
    this.tell({ what: 'arrivals' });
    return await this.hear('arrivals');
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await ended;
  }

  private tell(message: ToReceiver): void {
    this.child.send(message);
  }

  private async hear<What extends FromReceiver['what']>(
    what: What,
  ): Promise<Extract<FromReceiver, { readonly what: What }>> {
    return await new Promise((resolve, reject) => {
      const gone = (): void => reject(new Error('the receiver ended by itself'));
      const listen = (message: FromReceiver): void => {
        if (message.what !== what) return;
        this.child.off('message', listen).off('exit', gone);
        resolve(message as Extract<FromReceiver, { readonly what: What }>);
      };
      this.child.on('message', listen).once('exit', gone);
    });
  }
}
