/** Per cent in thousandths and a fixed part in minor units: 2.9 % + 30 cents where nothing else is known. */
const fixedByCurrency: Readonly<Record<string, number>> = { usd: 30, cad: 30, aud: 30, eur: 25, gbp: 20 };
const cardPerThousand = 29;
const debitPerThousand = 8;
const debitCap = 500;

/** What Stripe keeps of a charge, in minor units, rounded half up. */
export function feeOf(type: 'card' | 'us_bank_account', amount: number, currency: string): number {
  if (type === 'us_bank_account') {
    return Math.min(debitCap, Math.floor((amount * debitPerThousand + 500) / 1000));
  }
  return Math.floor((amount * cardPerThousand + 500) / 1000) + (fixedByCurrency[currency] ?? 30);
}
