// Writes apps/stripe-sandbox/src/schemas/*.ts: what each endpoint of the Stripe double accepts, taken from the
// parameter types of the installed SDK, so that a parameter that Stripe does not know is refused by the double too.
// Run it after the SDK was updated; with --check it only says whether the files are current.
import fs from 'node:fs';
import path from 'node:path';
import { format, resolveConfig } from 'prettier';
import { createGenerator } from 'ts-json-schema-generator';
import { root } from './lib/paths.mjs';

const target = path.join(root, 'apps', 'stripe-sandbox', 'src', 'schemas');

/** resource → operation → the SDK's parameter type. */
const resources = {
  accounts: {
    create: 'AccountCreateParams',
    update: 'AccountUpdateParams',
    list: 'AccountListParams',
    link: 'AccountLinkCreateParams',
    reject: 'AccountRejectParams',
  },
  balance: { transactions: 'BalanceTransactionListParams' },
  charges: { list: 'ChargeListParams', update: 'ChargeUpdateParams' },
  customers: {
    create: 'CustomerCreateParams',
    update: 'CustomerUpdateParams',
    list: 'CustomerListParams',
    methods: 'CustomerListPaymentMethodsParams',
  },
  disputes: { update: 'DisputeUpdateParams', close: 'DisputeCloseParams', list: 'DisputeListParams' },
  events: { list: 'EventListParams' },
  invoices: {
    create: 'InvoiceCreateParams',
    update: 'InvoiceUpdateParams',
    finalize: 'InvoiceFinalizeInvoiceParams',
    pay: 'InvoicePayParams',
    send: 'InvoiceSendInvoiceParams',
    void: 'InvoiceVoidInvoiceParams',
    uncollectible: 'InvoiceMarkUncollectibleParams',
    list: 'InvoiceListParams',
    item: 'InvoiceItemCreateParams',
    items: 'InvoiceItemListParams',
    payments: 'InvoicePaymentListParams',
  },
  'payment-intents': {
    create: 'PaymentIntentCreateParams',
    update: 'PaymentIntentUpdateParams',
    confirm: 'PaymentIntentConfirmParams',
    cancel: 'PaymentIntentCancelParams',
    list: 'PaymentIntentListParams',
    search: 'PaymentIntentSearchParams',
  },
  'payment-methods': {
    create: 'PaymentMethodCreateParams',
    attach: 'PaymentMethodAttachParams',
    detach: 'PaymentMethodDetachParams',
    list: 'PaymentMethodListParams',
  },
  payouts: {
    create: 'PayoutCreateParams',
    list: 'PayoutListParams',
    cancel: 'PayoutCancelParams',
    topup: 'TopupCreateParams',
    topups: 'TopupListParams',
  },
  refunds: {
    create: 'RefundCreateParams',
    update: 'RefundUpdateParams',
    list: 'RefundListParams',
    cancel: 'RefundCancelParams',
  },
  'setup-intents': {
    create: 'SetupIntentCreateParams',
    confirm: 'SetupIntentConfirmParams',
    cancel: 'SetupIntentCancelParams',
    list: 'SetupIntentListParams',
  },
  transfers: {
    create: 'TransferCreateParams',
    update: 'TransferUpdateParams',
    list: 'TransferListParams',
    reverse: 'TransferCreateReversalParams',
    reversals: 'TransferListReversalsParams',
  },
  'v2-core': {
    createAccount: 'V2.Core.AccountCreateParams',
    updateAccount: 'V2.Core.AccountUpdateParams',
    retrieveAccount: 'V2.Core.AccountRetrieveParams',
    listAccounts: 'V2.Core.AccountListParams',
    createAccountLink: 'V2.Core.AccountLinkCreateParams',
    listEvents: 'V2.Core.EventListParams',
    createEventDestination: 'V2.Core.EventDestinationCreateParams',
  },
  webhooks: {
    create: 'WebhookEndpointCreateParams',
    update: 'WebhookEndpointUpdateParams',
    list: 'WebhookEndpointListParams',
  },
};

/**
 * Subtrees that the double stores or ignores but has no rules for: their names are known, what is inside is not
 * looked at. They are nine tenths of the SDK's types.
 */
const unexamined = new Set([
  'payment_method_options',
  'radar_options',
  'hooks',
  'amount_details',
  'payment_details',
  'managed_payments',
  'shipping',
  'shipping_cost',
  'shipping_details',
  'automatic_tax',
  'tax',
  'tax_id_data',
  'custom_fields',
  'rendering',
  'payment_settings',
  'discounts',
  'enhanced_evidence',
  'company',
  'individual',
  'settings',
  'documents',
  'tos_acceptance',
  'business_profile',
  'bank_account',
  'cash_balance',
  'default_tax_rates',
  'tax_rates',
  'price_data',
  'merchant',
  'amazon_eventbridge',
  'azure_event_grid',
  'profile',
  'attestations',
  'business_details',
  'level3',
]);
/** Of the payment methods, those that the double knows. */
const methodFields = new Set([
  'type',
  'card',
  'us_bank_account',
  'billing_details',
  'allow_redisplay',
  'metadata',
  'customer',
  'customer_account',
  'expand',
  'payment_method',
]);

/** Lists whose further pages the SDK asks for by an address that the double made: its `page` is in no type. */
const pagedByAddress = new Set(['listAccounts']);

/** A form knows texts only, and money has no fractions: numbers are whole in v1. */
function simplified(schema, { name = '', resource, depth = 0 }) {
  if (schema === true || typeof schema !== 'object' || schema === null) return schema;
  if (depth > 0 && unexamined.has(name)) return {};
  if (name.endsWith('_decimal')) return { type: 'string' };
  const next = (value, key = name, deeper = 0) =>
    simplified(value, { name: key, resource, depth: depth + deeper });
  const rest = without(schema, ['description', '$comment', 'format']);
  if (rest.type === 'number') rest.type = 'integer';
  if (Array.isArray(rest.type)) rest.type = rest.type.map((type) => (type === 'number' ? 'integer' : type));
  if (rest.anyOf) {
    const options = rest.anyOf.map((option) => next(option));
    // An open enum: every text is allowed.
    if (options.some((option) => option.type === 'string' && !option.enum && !option.const)) {
      rest.anyOf = options.filter((option) => option.type !== 'string' || (!option.enum && !option.const));
      if (rest.anyOf.length === 1) return rest.anyOf[0];
    } else rest.anyOf = options;
  }
  if (rest.items) rest.items = next(rest.items);
  if (rest.additionalProperties) rest.additionalProperties = next(rest.additionalProperties);
  if (rest.properties) {
    const isMethod =
      name === 'payment_method_data' ||
      (resource === 'payment-methods' && depth === 0 && 'us_bank_account' in rest.properties);
    rest.properties = Object.fromEntries(
      Object.entries(rest.properties)
        .filter(([key]) => !isMethod || methodFields.has(key))
        // v1 has sixty capabilities; money is only ever transferred here.
        .filter(([key]) => name !== 'capabilities' || resource !== 'accounts' || key === 'transfers')
        .map(([key, value]) => [key, next(value, key, 1)]),
    );
  }
  return rest;
}

function without(object, keys) {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)));
}

/** Every $ref replaced by what it stands for: the types of parameters are not recursive. */
function inlined(schema, definitions) {
  if (Array.isArray(schema)) return schema.map((item) => inlined(item, definitions));
  if (typeof schema !== 'object' || schema === null) return schema;
  if (schema.$ref) {
    const found = definitions[decodeURIComponent(schema.$ref.replace('#/definitions/', ''))];
    return inlined(found, definitions);
  }
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, inlined(value, definitions)]));
}

function typeName(resource, operation) {
  return `${resource}_${operation}`.replaceAll('-', '_');
}

function generatorFor() {
  const folder = path.join(root, 'node_modules', '.cache', 'stripe-schemas');
  fs.mkdirSync(folder, { recursive: true });
  const file = path.join(folder, 'parameters.ts');
  const lines = Object.entries(resources).flatMap(([resource, operations]) =>
    Object.entries(operations).map(
      ([operation, type]) => `export type ${typeName(resource, operation)} = Stripe.${type};`,
    ),
  );
  fs.writeFileSync(file, `import type { Stripe } from 'stripe';\n${lines.join('\n')}\n`);
  return createGenerator({
    path: file,
    tsconfig: path.join(root, 'tsconfig.json'),
    expose: 'none',
    topRef: false,
    jsDoc: 'none',
    skipTypeCheck: true,
    additionalProperties: false,
  });
}

async function textOf(resource, schemas) {
  const name = `${resource.replaceAll(/-(.)/g, (_, letter) => letter.toUpperCase())}Schemas`;
  const source = [
    '// Made by scripts/generate-stripe-schemas.mjs from the parameter types of the SDK: run it, do not edit this.',
    ...Object.entries(schemas).map(
      ([operation, schema]) => `const ${operation}Json = ${JSON.stringify(JSON.stringify(schema))};`,
    ),
    `export const ${name}: Readonly<Record<string, string>> = {`,
    ...Object.keys(schemas).map((operation) => `  ${operation}: ${operation}Json,`),
    '};',
  ].join('\n');
  const file = path.join(target, `${resource}.ts`);
  return { file, text: await format(source, { ...(await resolveConfig(file)), filepath: file }) };
}

const check = process.argv.includes('--check');
const generator = generatorFor();
let stale = 0;
for (const [resource, operations] of Object.entries(resources)) {
  const schemas = {};
  for (const operation of Object.keys(operations)) {
    const { definitions = {}, ...schema } = generator.createSchema(typeName(resource, operation));
    const bare = without(schema, ['$schema']);
    schemas[operation] = simplified(inlined(bare, definitions), { resource });
    if (pagedByAddress.has(operation)) schemas[operation].properties.page = { type: 'string' };
  }
  const { file, text } = await textOf(resource, schemas);
  const current = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : undefined;
  if (current === text) continue;
  stale += 1;
  if (check) console.log(`not current: ${path.relative(root, file)}`);
  else {
    fs.mkdirSync(target, { recursive: true });
    fs.writeFileSync(file, text);
    console.log(`${path.relative(root, file)} ${text.length}`);
  }
}
if (check && stale > 0) process.exitCode = 1;
