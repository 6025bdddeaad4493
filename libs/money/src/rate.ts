import { invariant } from '#outcome';
import { type CurrencyCode, currencyOf } from './currency.js';
import { printScaled, trimFraction } from './decimal.js';

/** A rate in parts per million, a whole number from 0 to 1,000,000: 200000 is 20 %. */
export type RatePpm = number & { readonly brand: 'RatePpm' };

const onePpm = 1_000_000;
const ppmDigits = 6;
/** A percent is 10^4 ppm, so a rate in ppm is a percentage with four fraction digits. */
const percentDigits = 4;

function isRatePpm(value: number): value is RatePpm {
  return Number.isInteger(value) && value >= 0 && value <= onePpm;
}

/** Reads a caller's rate. Undefined unless it is a whole number of ppm from 0 (0 %) to 1,000,000 (100 %). */
export function parseRatePpm(value: number): RatePpm | undefined {
  // Adding zero turns a negative zero, which JSON can carry, into a plain one.
  const rate = value + 0;
  return isRatePpm(rate) ? rate : undefined;
}

/**
 * The same for a rate that was checked before (a row, a constant). Throws InvariantViolation when it is out
 * of range.
 */
export function asRatePpm(value: number): RatePpm {
  const rate = parseRatePpm(value);
  invariant(rate !== undefined, 'a rate is not a whole number of ppm from 0 to 1,000,000');
  return rate;
}

/** Prints a rate as an exact percentage: 200000 is "20 %", 125000 is "12.5 %", 1 is "0.0001 %". */
export function formatRate(ratePpm: RatePpm): string {
  return `${trimFraction(printScaled(BigInt(ratePpm), percentDigits), 0)} %`;
}

/**
 * The part of an amount that a rate stands for, in the same minor units, rounded half-even: 7 at 20 % is 1, 5
 * at 10 % is 0, 15 at 10 % is 2. The share of the opposite amount is exactly the opposite. Round once, at the
 * smallest line that can be reversed alone, and add the rounded lines up; never the other way round.
 */
export function share(amountMinor: bigint, ratePpm: RatePpm): bigint {
  return roundHalfEven(scaledShare(amountMinor, ratePpm), BigInt(onePpm));
}

/** A share with what an explanation needs to tell how it came about. */
export interface ExplainedShare {
  /** The rounded share in minor units, the same as {@link share} gives. */
  readonly amountMinor: bigint;
  /** True when nothing had to be rounded. */
  readonly exact: boolean;
  /**
   * The share before rounding as an exact decimal in the currency's major unit: "0.014" for 20 % of 0.07 USD.
   */
  readonly exactText: string;
}

/**
 * {@link share} together with the exact value before rounding. `amountMinor` is in the currency's minor
 * units.
 */
export function shareExplained(
  amountMinor: bigint,
  ratePpm: RatePpm,
  currency: CurrencyCode,
): ExplainedShare {
  const { isoExponent } = currencyOf(currency);
  const scaled = scaledShare(amountMinor, ratePpm);
  return {
    amountMinor: roundHalfEven(scaled, BigInt(onePpm)),
    exact: scaled % BigInt(onePpm) === 0n,
    exactText: trimFraction(printScaled(scaled, isoExponent + ppmDigits), isoExponent),
  };
}

/** Minor units times ppm: exact, a millionth of a minor unit each. */
function scaledShare(amountMinor: bigint, ratePpm: RatePpm): bigint {
  // A rate that slipped past the brand (a cast row) would otherwise charge more than the whole, or less than nothing.
  invariant(isRatePpm(ratePpm), 'a rate is not a whole number of ppm from 0 to 1,000,000');
  return amountMinor * BigInt(ratePpm);
}

/**
 * numerator ÷ denominator (above zero) to the nearest whole, a tie to the even neighbour, which favours
 * neither side over many lines.
 */
function roundHalfEven(numerator: bigint, denominator: bigint): bigint {
  const magnitude = numerator < 0n ? -numerator : numerator;
  const whole = magnitude / denominator;
  const twiceRest = (magnitude % denominator) * 2n;
  const up = twiceRest > denominator || (twiceRest === denominator && whole % 2n === 1n);
  const rounded = up ? whole + 1n : whole;
  return numerator < 0n ? -rounded : rounded;
}
