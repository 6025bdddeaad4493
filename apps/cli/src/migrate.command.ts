import { migrate } from '#database';
import { migrateJobs } from '#jobs';
import type { Command } from './command.js';
import { readOptions } from './options.js';
import { withDatabase } from './with-database.js';

export const migrateCommand: Command = {
  summary:
    'Brings the database up to date: our tables, then those of the job queue. Safe to run at any time, and twice at once.',
  usage: '',
  run: async (parameters) => {
    readOptions(parameters, {});
    return withDatabase(async (database, url) => {
      const ran = await migrate(database.dataSource);
      await migrateJobs(url);
      console.log(ran.length === 0 ? 'The database is up to date.' : `Ran ${ran.join(', ')}.`);
      return 0;
    });
  },
};
