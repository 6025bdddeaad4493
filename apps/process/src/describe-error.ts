/** Errors whose messages are our own or the engine's; all others may quote what a caller sent and lose theirs. */
const quotable = new Set(['InvariantViolation', 'ConfigError', 'TypeError', 'ReferenceError', 'RangeError']);

/**
 * Name, SQLSTATE, constraint and stack of whatever was thrown. PostgreSQL's messages and details, TypeORM's parameters
 * and a JSON parser's excerpt hold values of a request: they stay out.
 */
export function describeError(error: unknown): Readonly<Record<string, string>> {
  if (!(error instanceof Error)) return { name: typeof error };
  const origin = 'driverError' in error && error.driverError instanceof Error ? error.driverError : error;
  const described: Record<string, string> = { name: error.name };
  for (const name of ['code', 'constraint', 'table', 'syscall'] as const) {
    const value: unknown = Reflect.get(origin, name);
    if (typeof value === 'string') described[name] = value;
  }
  if (quotable.has(error.name) || 'syscall' in origin) described['message'] = error.message;
  // The first line of a stack repeats the message.
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  described['stack'] = frames.join('\n');
  return described;
}
