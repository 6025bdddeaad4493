import { type Money, money, parseAmount, parseCurrency } from '#money';
import { type Refusal, type RefusalCode, refusal } from '#outcome';
import type { RawAmount } from './raw-route.js';

/** Where in the input something stands. */
export type Path = readonly string[];

/**
 * Collects refusals while a route is read; what cannot be read is undefined and the reading goes on, so that everything
 * wrong is told at once. Values are never repeated.
 */
export class RouteCheck {
  readonly refusals: Refusal[] = [];

  constructor(private readonly at: Path) {}

  refuse(code: RefusalCode, path: Path, message?: string): void {
    const field = [...this.at, ...path];
    this.refusals.push(refusal(code, message === undefined ? { field } : { field, message }));
  }

  oneOf<T extends string>(values: readonly T[], text: string, path: Path): T | undefined {
    const known = values.find((value) => value === text);
    if (known === undefined) {
      this.refuse('INVALID_VALUE', path, `The value must be one of ${values.join(', ')}.`);
    }
    return known;
  }

  whole(
    value: number,
    path: Path,
    { least, most }: { readonly least: number; readonly most: number },
  ): number {
    if (Number.isInteger(value) && value >= least && value <= most) return value + 0;
    this.refuse('INVALID_VALUE', path, `The value must be a whole number from ${least} to ${most}.`);
    return least;
  }

  /** Above zero. */
  amount(raw: RawAmount, path: Path): Money | undefined {
    const currency = parseCurrency(raw.currency);
    if (currency === undefined) {
      this.refuse('INVALID_CURRENCY', [...path, 'currency']);
      return undefined;
    }
    const amountMinor = parseAmount(raw.amount, currency);
    if (amountMinor === undefined || amountMinor <= 0n) {
      this.refuse('INVALID_AMOUNT', [...path, 'amount']);
      return undefined;
    }
    return money(amountMinor, currency);
  }

  /** Text of 1 to `most` characters once blanks around it are gone; neither control characters nor half ones. */
  text(value: string, path: Path, most: number): string | undefined {
    const text = value.trim();
    if (text.length > 0 && text.length <= most && !/[\p{Cc}\p{Cs}]/u.test(text)) return text;
    this.refuse('INVALID_VALUE', path, `Text of 1 to ${most} characters, without control characters.`);
    return undefined;
  }

  /** True when there are no more than `most`; otherwise they are refused as a whole and need not be read. */
  fits(items: readonly unknown[], path: Path, most: number): boolean {
    if (items.length <= most) return true;
    this.refuse('TOO_MANY', path, `At most ${most}.`);
    return false;
  }
}

/** Reads each item; those that cannot be read are left out. */
export function readEach<R, T>(
  items: readonly R[],
  path: Path,
  read: (item: R, path: Path) => T | undefined,
): T[] {
  return items.flatMap((item, index) => {
    const value = read(item, [...path, String(index)]);
    return value === undefined ? [] : [value];
  });
}
