/**
 * Does pieces of work one after the other and gives the number of those that did something. One that fails does not
 * keep the others back: the first error is thrown at the end.
 */
export async function inTurn<T>(items: readonly T[], work: (item: T) => Promise<boolean>): Promise<number> {
  let did = 0;
  const errors: unknown[] = [];
  for (const item of items) {
    try {
      if (await work(item)) did += 1;
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
  return did;
}
