import type { Readable } from 'node:stream';

/** Thrown when whoever sends a file has stopped, or takes too long in all. */
export class SenderTooSlow extends Error {
  override name = 'SenderTooSlow';
}

/** Thrown when the connection of who sends a file is gone. */
export class SenderGone extends Error {
  override name = 'SenderGone';
}

export interface UploadLimits {
  /** How long nothing may come. */
  readonly stallMs: number;
  /** How long all of it may take. */
  readonly wholeMs: number;
}

/** What comes of a body, read on only as fast as it is taken. Throws when its sender is gone or too slow. */
export async function* uploadBody(
  body: Readable,
  { stallMs, wholeMs }: UploadLimits,
): AsyncGenerator<Uint8Array, void, undefined> {
  const tooSlow = (why: string) => () => void body.destroy(new SenderTooSlow(why));
  const whole = setTimeout(tooSlow('the file takes too long'), wholeMs);
  let stall: NodeJS.Timeout | undefined;
  try {
    stall = setTimeout(tooSlow('the sender has stopped'), stallMs);
    for await (const chunk of body) {
      clearTimeout(stall);
      yield chunk as Uint8Array;
      // While we are busy with it ourselves, nobody is late.
      stall = setTimeout(tooSlow('the sender has stopped'), stallMs);
    }
  } catch (error) {
    throw error instanceof SenderTooSlow ? error : new SenderGone('the connection of the sender is gone');
  } finally {
    clearTimeout(stall);
    clearTimeout(whole);
  }
}
