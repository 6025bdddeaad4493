import { Ambient } from './ambient.js';

/** Reads that one request has under way at a time. */
const mostAtOnce = 3;

/** The reads of one request, a few at a time, first come first served. */
class ReadTurns {
  private underWay = 0;
  private readonly waiting: (() => void)[] = [];

  async read<T>(read: () => Promise<T>): Promise<T> {
    if (this.underWay < mostAtOnce) this.underWay += 1;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
    try {
      return await read();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.underWay -= 1;
    }
  }
}

const turns = new Ambient<ReadTurns>();

/**
 * Runs a request. What it reads outside transactions waits in the request itself, and not for a connection: twenty
 * answers of some hundred reads each once kept the pool's queue so long that those at its end gave up.
 */
export async function asOneReader<T>(request: () => Promise<T>): Promise<T> {
  return await turns.run(new ReadTurns(), request);
}

/** A read in its turn; at once outside of {@link asOneReader}. */
export async function inTurn<T>(read: () => Promise<T>): Promise<T> {
  const own = turns.get();
  return own === undefined ? await read() : await own.read(read);
}
