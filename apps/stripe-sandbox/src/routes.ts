import { accountRoutes } from './accounts.js';
import { v2AccountRoutes } from './accounts-v2.js';
import { balanceRoutes } from './balance.js';
import { chargeRoutes } from './charges.js';
import { customerRoutes } from './customers.js';
import { disputeRoutes } from './disputes.js';
import { endpointRoutes } from './endpoints.js';
import { eventRoutes } from './events.js';
import { invoiceRoutes } from './invoices.js';
import { paymentIntentRoutes } from './payment-intents.js';
import { paymentMethodRoutes } from './payment-methods.js';
import { payoutRoutes } from './payouts.js';
import { refundRoutes } from './refunds.js';
import { setupIntentRoutes } from './setup-intents.js';
import { transferRoutes } from './transfers.js';
import { type Route } from './world.js';

/** Everything that can be asked of the double. */
export const routes: readonly Route[] = [
  ...accountRoutes,
  ...v2AccountRoutes,
  ...balanceRoutes,
  ...chargeRoutes,
  ...customerRoutes,
  ...disputeRoutes,
  ...endpointRoutes,
  ...eventRoutes,
  ...invoiceRoutes,
  ...paymentIntentRoutes,
  ...paymentMethodRoutes,
  ...payoutRoutes,
  ...refundRoutes,
  ...setupIntentRoutes,
  ...transferRoutes,
];

export interface Match {
  readonly route: Route;
  readonly path: Readonly<Record<string, string>>;
}

/** The route for a path; of two that fit, the one that was listed first. */
export function matchRoute(method: string, path: string): Match | undefined {
  const parts = path.split('/');
  for (const route of routes) {
    if (route.method !== method) continue;
    const values = matchParts(route.path.split('/'), parts);
    if (values) return { route, path: values };
  }
  return undefined;
}

/** The named parts of a path that has this form. */
export function matchParts(
  form: readonly string[],
  parts: readonly string[],
): Record<string, string> | undefined {
  if (form.length !== parts.length) return undefined;
  const values: Record<string, string> = {};
  for (const [index, part] of form.entries()) {
    const actual = parts[index] ?? '';
    if (part.startsWith(':')) values[part.slice(1)] = safeDecode(actual);
    else if (part !== actual) return undefined;
  }
  return values;
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
