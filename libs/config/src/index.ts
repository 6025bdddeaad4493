/** The settings of a process from its environment variables: the only reader of them. */
export {
  loadConfig,
  type Config,
  type Environment,
  type LimitOverrides,
  type LogLevel,
} from './load-config.js';
/** Thrown for a setting that is missing or wrong; its message is one line that never has a value in it. */
export { ConfigError } from './config-error.js';
/** How Stripe or its sandbox is reached, and whether a key moves real money. */
export { isLiveKey, type StripeConfig } from './stripe-config.js';
/** The text of docs/configuration.md. */
export { configurationPage } from './configuration-page.js';
