import { ConfigError } from '#config';
import type { KeyRing } from '#persons';

/**
 * Throws a ConfigError when the master key is not that of the database: nothing sealed would open, and new leads would
 * be sealed by keys that nobody else has.
 */
export async function refuseForeignKeys(keyRing: Pick<KeyRing, 'unopenable'>): Promise<void> {
  const count = await keyRing.unopenable();
  if (count === 0) return;
  throw new ConfigError(
    `LEADGER_MASTER_KEY is not the one of this database: it opens all but ${count} of its keys. Give the right one, beside the new one while it is rotated (docs/personal-data.md).`,
  );
}
