/** An expected failure: its message is one line that says what happened and what to do, shown without a stack. */
export class FriendlyError extends Error {
  name = 'FriendlyError';
}

/** Ends the process with one line for an expected failure, with the whole stack for any other. */
export function reportAndSetExitCode(error) {
  // ConfigError comes from the compiled libs/config, which these scripts cannot import before it is built.
  const expected = error instanceof FriendlyError || error?.name === 'ConfigError';
  console.error(expected ? `leadger: ${error.message}` : error);
  process.exitCode = 1;
}
