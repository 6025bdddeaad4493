/** Thrown when the program itself is wrong; never for a caller's mistake. The edge masks it and logs it once. */
export class InvariantViolation extends Error {
  override name = 'InvariantViolation';
}

/** Asserts what must hold whatever a caller sends. Throws {@link InvariantViolation}; the message never holds personal data. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantViolation(message);
}

/** Closes a switch over a union: a case that was forgotten does not compile. */
export function unreachable(value: never): never {
  throw new InvariantViolation(`unreachable case: ${JSON.stringify(value)}`);
}
