/** What payouts take from the settings, under the token 'Config'. */
export interface PayoutSettings {
  /** The least that is sent, a decimal in major units of whatever currency. */
  readonly minimumPayout: string;
  /** Where people reach this installation. */
  readonly publicUrl: string;
}
