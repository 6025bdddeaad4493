/** Where lines go: standard output, or whatever a test reads. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Tells what is being done. In a terminal the line of the present step is rewritten as it goes on; a log gets one line a step. */
export class Progress {
  private current: string | undefined;

  constructor(private readonly output: Output) {}

  line(text = ''): void {
    this.clear();
    this.output.write(`${text}\n`);
  }

  /** Does a step; `report` shows how far it is. `done` says what has come of it, from its result. */
  async step<T>(
    doing: string,
    work: (report: (detail: string) => void) => Promise<T>,
    done: (result: T) => string,
  ): Promise<T> {
    this.show(doing);
    try {
      const result = await work((detail) => this.show(`${doing} ${detail}`));
      this.line(`  ✓ ${done(result)}`);
      return result;
    } catch (error) {
      this.line(`  ✗ ${doing}`);
      throw error;
    }
  }

  private show(text: string): void {
    if (!this.output.isTTY) return;
    this.clear();
    // Cut to the width: a line that wraps could not be taken back.
    this.current = `  … ${text}`.slice(0, Math.max(20, (this.output.columns || 80) - 1));
    this.output.write(this.current);
  }

  private clear(): void {
    if (this.current !== undefined) this.output.write('\r\u001b[2K');
    this.current = undefined;
  }
}
