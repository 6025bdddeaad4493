// The generated schemas by resource.
import { accountsSchemas } from './schemas/accounts.js';
import { balanceSchemas } from './schemas/balance.js';
import { chargesSchemas } from './schemas/charges.js';
import { customersSchemas } from './schemas/customers.js';
import { disputesSchemas } from './schemas/disputes.js';
import { eventsSchemas } from './schemas/events.js';
import { invoicesSchemas } from './schemas/invoices.js';
import { paymentIntentsSchemas } from './schemas/payment-intents.js';
import { paymentMethodsSchemas } from './schemas/payment-methods.js';
import { payoutsSchemas } from './schemas/payouts.js';
import { refundsSchemas } from './schemas/refunds.js';
import { setupIntentsSchemas } from './schemas/setup-intents.js';
import { transfersSchemas } from './schemas/transfers.js';
import { v2CoreSchemas } from './schemas/v2-core.js';
import { webhooksSchemas } from './schemas/webhooks.js';

export const schemas = {
  accounts: accountsSchemas,
  balance: balanceSchemas,
  charges: chargesSchemas,
  customers: customersSchemas,
  disputes: disputesSchemas,
  events: eventsSchemas,
  invoices: invoicesSchemas,
  paymentIntents: paymentIntentsSchemas,
  paymentMethods: paymentMethodsSchemas,
  payouts: payoutsSchemas,
  refunds: refundsSchemas,
  setupIntents: setupIntentsSchemas,
  transfers: transfersSchemas,
  v2Core: v2CoreSchemas,
  webhooks: webhooksSchemas,
};
