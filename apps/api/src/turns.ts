/**
 * Lets in what came at the same time one by one, with a look at everything else between them: an answer of the database waits
 * for one request and not for all that were sent at once. So a batch of leads goes on while the next are read, and the
 * process gets out of a jam faster than it got into it.
 */
export class Turns {
  private readonly waiting: (() => void)[] = [];

  /** Runs `begin` when it is its turn: as soon as the process has looked for what else there is to do. */
  take(begin: () => void): void {
    if (this.waiting.push(begin) === 1) setImmediate(this.next);
  }

  private readonly next = (): void => {
    const begin = this.waiting.shift();
    // What fails must not keep the others waiting.
    if (this.waiting.length > 0) setImmediate(this.next);
    begin?.();
  };
}
