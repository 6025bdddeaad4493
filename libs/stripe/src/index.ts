/** Stripe, or its sandbox, as the payment provider of a process; the only runtime importer of the SDK. */
export { StripeModule } from './stripe.module.js';
/**
 * The provider by itself. Reads throw ProviderUnavailable; `send` answers whatever happens. `freeze` throws for an
 * amount that Stripe cannot take.
 */
export { createStripeProvider } from './stripe-provider.js';
export { type AccountsVersion, type StripeProviderOptions } from './connection.js';
