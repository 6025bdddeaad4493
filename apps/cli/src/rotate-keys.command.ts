import { loadConfig } from '#config';
import { KeyRing } from '#persons';
import type { Command } from './command.js';
import { readOptions } from './options.js';
import { withDatabase } from './with-database.js';

export const rotateKeysCommand: Command = {
  summary:
    'Wraps every key by the first master key that is set; the old one must be set behind it. With --renew it also gives ' +
    'each organization new keys for what comes from now on. Can be repeated at any time, while everything runs.',
  usage: '[--renew]',
  run: async (parameters) => {
    const { renew = false } = readOptions(parameters, { renew: { type: 'boolean' } });
    return await withDatabase(async (database) => {
      const keyRing = new KeyRing(database, loadConfig());
      const rewrapped = await keyRing.rewrap();
      console.log(
        rewrapped === 0
          ? 'Every key is wrapped by the present master key: the old one is no longer needed.'
          : `${rewrapped} keys are wrapped by the present master key now. Once this says that none is left, the old one is no longer needed.`,
      );
      if (!renew) return 0;
      const owners = await keyRing.owners();
      for (const owner of owners) await keyRing.renew(owner);
      console.log(`${owners.length} organizations have new keys.`);
      return 0;
    });
  },
};
