import { hash } from '@node-rs/argon2';

/** Characters of a password; long enough to be worth stretching, short enough to bound the work. */
export const passwordLength = { min: 12, max: 256 } as const;

/** argon2id with 19 MiB, two passes and one lane (OWASP's first choice); off the main thread, about 20 ms. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** The hash in PHC format, with its own salt and its cost. argon2id is the library's default algorithm. */
export async function hashPassword(password: string): Promise<string> {
  return hash(password.normalize('NFKC'), cost);
}
