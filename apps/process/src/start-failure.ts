/** What a failed start means for the person who started it: one line that says what to do; undefined for a bug. */
export function startFailure(
  error: unknown,
  address?: { readonly host: string; readonly port: number },
): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error.name === 'ConfigError') return error.message;
  const code = codeOf(error);
  if (address && 'syscall' in error && error.syscall === 'listen') return listenFailure(code, address);
  return databaseFailures[code];
}

function listenFailure(code: string, { host, port }: { host: string; port: number }): string {
  if (code === 'EADDRINUSE') {
    return `port ${port} is taken by another program: stop that one, or set PORT to another number, such as ${port + 1}.`;
  }
  if (code === 'EACCES') return `this user may not listen on port ${port}: set PORT to a number above 1023.`;
  return `nothing can listen on ${host}, port ${port} (${code}): correct LEADGER_HOST.`;
}

const unreachable = 'the database does not answer: start it, or correct DATABASE_URL.';
const notMigrated = 'the database has not all of its tables: run "npx leadger migrate" first.';

const databaseFailures: Readonly<Record<string, string | undefined>> = {
  ECONNREFUSED: unreachable,
  ENOTFOUND: unreachable,
  EAI_AGAIN: unreachable,
  ETIMEDOUT: unreachable,
  ECONNRESET: unreachable,
  EHOSTUNREACH: unreachable,
  '57P03': 'the database is still starting: try again in a moment.',
  '28P01': 'the database refuses the password: correct DATABASE_URL.',
  '28000': 'the database refuses this user: correct DATABASE_URL.',
  '3D000': 'there is no such database on the server: create it, or correct DATABASE_URL.',
  '53300': 'the database takes no more connections: lower LEADGER_POOL_SIZE or raise max_connections.',
  '42P01': notMigrated,
  '42703': notMigrated,
};

/** The code of an error or of the one inside it: TypeORM wraps, and a host with two addresses fails twice at once. */
function codeOf(error: Error): string {
  const inner = error instanceof AggregateError ? (error.errors[0] as unknown) : undefined;
  const driver = 'driverError' in error ? error.driverError : undefined;
  for (const each of [driver, inner, error]) {
    if (typeof each === 'object' && each !== null && 'code' in each && typeof each.code === 'string')
      return each.code;
  }
  return '';
}
