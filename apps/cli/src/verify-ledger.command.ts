import { runInvariants } from '#ledger';
import { allInvariants } from '../../process/src/all-invariants.js';
import type { Command } from './command.js';
import { readOptions } from './options.js';
import { withDatabase } from './with-database.js';

export const verifyLedgerCommand: Command = {
  summary: 'Checks every invariant of the books in one snapshot. Exit code 1 when one is broken.',
  usage: '[--json]',
  run: async (parameters) => {
    const { json = false } = readOptions(parameters, { json: { type: 'boolean' } });
    const results = await withDatabase((database) => runInvariants(database, allInvariants));
    const broken = results.filter(({ holds }) => !holds);
    if (json) {
      console.log(JSON.stringify({ holds: broken.length === 0, invariants: results }, null, 2));
      return broken.length === 0 ? 0 : 1;
    }
    for (const { name, title, holds, violations, examples } of results) {
      console.log(`${holds ? 'holds ' : 'BROKEN'} ${name.padEnd(4)} ${title}`);
      if (holds) continue;
      console.log(`       ${violations} violations, such as:`);
      for (const example of examples.slice(0, 5)) console.log(`       - ${example}`);
    }
    console.log(
      broken.length === 0
        ? `All ${results.length} hold.`
        : `${broken.length} of ${results.length} are broken.`,
    );
    return broken.length === 0 ? 0 : 1;
  },
};
