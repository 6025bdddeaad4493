/** One of the operator's commands. */
export interface Command {
  /** One line for the list of commands. */
  readonly summary: string;
  /** What follows the command's name, and what it means; for `--help`. */
  readonly usage: string;
  /** Gives the exit code. Throws {@link CommandError} for what the operator can put right. */
  readonly run: (parameters: readonly string[]) => Promise<number>;
}

/** An expected failure: its message is one line that says what happened and what to do. */
export class CommandError extends Error {
  override name = 'CommandError';
}
