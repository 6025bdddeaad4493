/** What the log of a process takes from here: ids, codes and counts, never a person's data. */
export interface PaymentLogFields {
  readonly operationId?: string;
  readonly eventId?: string;
  /** The provider's id of an object or a movement. */
  readonly objectId?: string;
  readonly kind?: string;
  readonly code?: string;
  readonly count?: number;
  readonly violations?: string;
  readonly error?: unknown;
}

/** The log, under the token 'Log'. ERROR wakes someone, WARN is for tomorrow, INFO is a milestone. */
export interface PaymentLog {
  info(message: string, fields?: PaymentLogFields): void;
  warn(message: string, fields?: PaymentLogFields): void;
  error(message: string, fields?: PaymentLogFields): void;
}
