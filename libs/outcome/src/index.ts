export * from './outcome.js';
export * from './invariant.js';
