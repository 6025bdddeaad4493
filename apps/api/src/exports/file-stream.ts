import { Readable } from 'node:stream';
import type { ExportFile } from '#exports';

export interface StreamLimits {
  /** How long the reader may take nothing. */
  readonly stallMs: number;
  /** How long all of it may take. */
  readonly wholeMs: number;
}

/** Called once, when the file was read to its end or the stream was broken off; with the error if it was one. */
export type OnEnd = (error: Error | null) => void;

/**
 * The file as a stream that reads on only when it is read, and lets go of what the file holds however it ends. The
 * first piece is there when this returns: what fails before is thrown, what fails later breaks the stream off.
 */
export async function streamOf(
  { pieces }: Pick<ExportFile, 'pieces'>,
  limits: StreamLimits,
  onEnd: OnEnd,
): Promise<Readable> {
  try {
    return new PieceStream(pieces, await pieces.next(), limits, onEnd);
  } catch (error) {
    onEnd(null);
    throw error;
  }
}

type Piece = IteratorResult<string, void>;

// Not Readable.from: of a generator that nobody has begun to read it would close nothing.
class PieceStream extends Readable {
  private readonly whole: NodeJS.Timeout;
  private stall: NodeJS.Timeout | undefined;
  private ended = false;

  constructor(
    private readonly pieces: ExportFile['pieces'],
    private first: Piece | undefined,
    private readonly limits: StreamLimits,
    private readonly onEnd: OnEnd,
  ) {
    super({ highWaterMark: 65_536 });
    this.whole = this.endAfter(limits.wholeMs, 'the reader takes too long');
    this.waitForReader();
  }

  override _read(): void {
    clearTimeout(this.stall);
    this.next().then(
      (piece) => {
        this.waitForReader();
        // What the file held is given back by now: whoever has its last byte may ask for the next file at once.
        if (piece.done) this.end(null);
        this.push(piece.done ? null : piece.value);
      },
      (error: unknown) => this.destroy(error instanceof Error ? error : new Error('a piece cannot be read')),
    );
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    clearTimeout(this.stall);
    clearTimeout(this.whole);
    const end = (thrown: Error | null): void => {
      this.end(thrown);
      callback(thrown);
    };
    // Waits for a statement that still runs, and then closes the transaction.
    this.pieces.return().then(
      () => end(error),
      (late: unknown) => end(error ?? (late instanceof Error ? late : null)),
    );
  }

  private async next(): Promise<Piece> {
    const { first } = this;
    this.first = undefined;
    return first ?? (await this.pieces.next());
  }

  private end(error: Error | null): void {
    if (this.ended) return;
    this.ended = true;
    this.onEnd(error);
  }

  private waitForReader(): void {
    clearTimeout(this.stall);
    if (!this.destroyed) this.stall = this.endAfter(this.limits.stallMs, 'the reader has stopped reading');
  }

  private endAfter(ms: number, why: string): NodeJS.Timeout {
    return setTimeout(() => this.destroy(new ReaderTooSlow(why)), ms).unref();
  }
}

/** Not an error of ours: the reader is told by a broken connection, the operator by nothing. */
export class ReaderTooSlow extends Error {
  override name = 'ReaderTooSlow';
}
