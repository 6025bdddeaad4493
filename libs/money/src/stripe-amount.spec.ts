import fc from 'fast-check';
import { parseAmount } from './amount.js';
import { asCurrency, currencyCodes } from './currency.js';
import { money } from './money.js';
import { fromStripeAmount, maxStripeAmount, toStripeAmount } from './stripe-amount.js';

function stripeAmountOf(text: string, code: string): ReturnType<typeof toStripeAmount> {
  const currency = asCurrency(code);
  const amountMinor = parseAmount(text, currency);
  if (amountMinor === undefined) throw new Error(`the spec's own amount ${text} ${code} is wrong`);
  return toStripeAmount(money(amountMinor, currency));
}

describe('toStripeAmount', () => {
  it.each([
    ['10.00', 'USD', 1000],
    ['-10.00', 'USD', -1000],
    ['500', 'JPY', 500],
    ['5', 'ISK', 500],
    ['5', 'UGX', 500],
    ['5.120', 'KWD', 5120],
    ['12.00', 'MGA', 12],
    ['10.45', 'HUF', 1045],
    ['999999.99', 'USD', maxStripeAmount],
  ])('sends %s %s as %s', (text, code, amount) => {
    expect(stripeAmountOf(text, code)).toEqual({ ok: true, amount });
  });

  it.each([
    ['5.124', 'KWD', 'NOT_EXACT'],
    ['12.34', 'MGA', 'NOT_EXACT'],
    ['1000000.00', 'USD', 'TOO_LARGE'],
    ['-1000000.00', 'USD', 'TOO_LARGE'],
    ['1000000', 'ISK', 'TOO_LARGE'],
    ['1.000', 'IQD', 'CURRENCY_NOT_TAKEN'],
    ['1.0000', 'CLF', 'CURRENCY_NOT_TAKEN'],
  ])('refuses %s %s: %s', (text, code, reason) => {
    expect(stripeAmountOf(text, code)).toEqual({ ok: false, reason });
  });

  it('is exactly undone by fromStripeAmount, for every currency', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...currencyCodes),
        fc.bigInt({ min: -maxMinor, max: maxMinor }),
        fc.constantFrom(1n, 10n, 100n),
        (currency, count, step) => {
          const amount = money(count * step, currency);
          const sent = toStripeAmount(amount);
          if (sent.ok) expect(fromStripeAmount(sent.amount, currency)).toEqual(amount);
        },
      ),
    );
  });
});

const maxMinor = 10n ** 9n;

describe('fromStripeAmount', () => {
  it('reads fees that do not keep the step', () => {
    expect(fromStripeAmount(5124, asCurrency('KWD'))).toEqual({ amountMinor: 5124n, currency: 'KWD' });
  });

  it.each([
    [501, 'ISK'],
    [1.5, 'USD'],
    [NaN, 'USD'],
    [2 ** 53, 'USD'],
    [1000, 'IQD'],
  ])('does not round %s %s', (amount, code) => {
    expect(fromStripeAmount(amount, asCurrency(code))).toBeUndefined();
  });
});
