/** The settings of a process from its environment variables: the only reader of them. */
export {
  ConfigError,
  loadConfig,
  type Config,
  type Environment,
  type LimitOverrides,
  type LogLevel,
} from './load-config.js';
/** The text of docs/configuration.md. */
export { configurationPage } from './configuration-page.js';
