import { type Outcome, refuse } from '#outcome';
import type { ProviderUnavailable } from './provider.js';

/** What a person is told whose act the provider did not do: to try again, or that it does not want to, and its word for why. */
export function refuseFor({ code, isDefinite }: ProviderUnavailable): Outcome<never> {
  if (!isDefinite) return refuse('PROVIDER_UNAVAILABLE');
  return refuse('PROVIDER_REFUSED', { message: `The payment provider refused this: ${code}.` });
}
