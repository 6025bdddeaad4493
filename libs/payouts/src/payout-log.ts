/** What the log of a process takes from here: ids, codes and counts, never a person's data. */
export interface PayoutLogFields {
  readonly agencyId?: string;
  readonly settlementId?: string;
  readonly payoutId?: string;
  readonly code?: string;
  readonly count?: number;
  readonly error?: unknown;
}

/** The log, under the token 'Log'. ERROR wakes someone, WARN is for tomorrow, INFO is a milestone. */
export interface PayoutLog {
  info(message: string, fields?: PayoutLogFields): void;
  warn(message: string, fields?: PayoutLogFields): void;
  error(message: string, fields?: PayoutLogFields): void;
}
