/** No vertical has another key; PostgreSQL would not even take it as a parameter. */
export function isPrintable(key: string): boolean {
  return !/[\p{Cc}\p{Cs}]/u.test(key);
}
