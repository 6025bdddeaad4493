/**
 * SQLSTATE codes and system errors that say that the database is not there, not that a statement was wrong. 55000 is
 * a database that takes no connections, 53300 a server that has none left.
 */
const codes =
  /^(?:08...|57P0[123]|53300|55000|ECONN(?:REFUSED|RESET|ABORTED)|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|EPIPE)$/;

/** Whether a statement failed because the database could not be reached or was going away. */
export function isConnectionFailure(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const driver = 'driverError' in error ? error.driverError : undefined;
  if (driver instanceof Error && driver !== error) return isConnectionFailure(driver);
  if (error instanceof AggregateError) return error.errors.some(isConnectionFailure);
  if ('code' in error && typeof error.code === 'string') return codes.test(error.code);
  // The driver's own words when a connection ends or none comes in time; they have no code.
  return /^(?:Connection terminated|timeout exceeded when trying to connect)/.test(error.message);
}
