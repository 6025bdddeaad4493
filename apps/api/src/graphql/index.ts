/** The GraphQL and HTTP edge: what the API module and the resolvers import. */
export * from './connection.js';
export * from './cost.plugin.js';
export { type CursorPart, type CursorSpec } from './cursor.js';
export * from './edge-exception.filter.js';
export * from './errors.js';
export * from './fastify-options.js';
export { type LogError, maskedMessage } from './format-error.js';
export * from './graphql-context.js';
export * from './graphql-options.js';
export * from './ids.js';
export * from './rate-limits.js';
export * from './request-id.js';
export * from './scalars.js';
export * from './user-error.js';
