const marked = new WeakSet<object>();

/**
 * For the inputs of the hot path: the pipe lets them through untouched, because class-validator costs a fifth of the
 * whole intake. Their resolver checks every field itself; GraphQL has already refused unknown fields and wrong types.
 */
export const ValidatedByHand = (): ClassDecorator => (target) => {
  marked.add(target);
};

export function isValidatedByHand(type: object | undefined): boolean {
  return type !== undefined && marked.has(type);
}
