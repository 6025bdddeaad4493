/** A setting is missing or wrong. The message is one line that names it and says what to do; it never has the value. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}
