/**
 * Longest text that is looked at: more than any amount needs, and too short for a denial of service through
 * BigInt.
 */
const maxTextLength = 40;

/**
 * ASCII digits spelled out: Arabic and full-width ones are not amounts, and neither are exponents, signs or
 * spaces.
 */
const plainDecimal = /^(-?)([0-9]+)(?:\.([0-9]+))?$/;

/**
 * Reads a plain decimal as an integer scaled by 10^digits: ("10.5", 2) is 1050n. Undefined for everything
 * that is not `-?digits(.digits)?`, has more fraction digits than asked for (even zeros), or is a negative
 * zero.
 */
export function parseScaled(text: string, digits: number): bigint | undefined {
  if (text.length > maxTextLength) return undefined;
  const match = plainDecimal.exec(text);
  if (!match) return undefined;
  const [, sign = '', whole = '', fraction = ''] = match;
  if (fraction.length > digits) return undefined;
  const magnitude = BigInt(whole + fraction.padEnd(digits, '0'));
  if (sign === '') return magnitude;
  return magnitude === 0n ? undefined : -magnitude;
}

/**
 * Prints an integer scaled by 10^digits with exactly that many fraction digits: (1050n, 2) is "10.50",
 * (1000n, 0) is "1000".
 */
export function printScaled(scaled: bigint, digits: number): string {
  const sign = scaled < 0n ? '-' : '';
  const all = (scaled < 0n ? -scaled : scaled).toString().padStart(digits + 1, '0');
  if (digits === 0) return sign + all;
  return `${sign}${all.slice(0, -digits)}.${all.slice(-digits)}`;
}

/**
 * Drops zeros at the end of a printed fraction but keeps at least `keepDigits`: ("0.0140", 2) is "0.014",
 * ("20.0000", 0) is "20".
 */
export function trimFraction(printed: string, keepDigits: number): string {
  const point = printed.indexOf('.');
  if (point < 0) return printed;
  let end = printed.length;
  while (end > point + 1 + keepDigits && printed[end - 1] === '0') end -= 1;
  return printed.slice(0, end === point + 1 ? point : end);
}
