export { type Currency, currencyTable } from './currency-table.js';
export * from './currency.js';
export * from './money.js';
export * from './amount.js';
export * from './rate.js';
export * from './allocate.js';
export * from './stripe-amount.js';
