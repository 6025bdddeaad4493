/** How each mutation about files of leads succeeds: what the bad inputs differ from in one thing. */
import { newId } from '#database';
import { fileOf } from '../access/tenancy-imports.js';
import type { TestApp } from '../support/app.js';
import type { PreparedActs } from './bad-input-payments.js';

export function importActs({ app }: { readonly app: TestApp }): PreparedActs {
  const waiting = async (): Promise<string> => await fileOf(app, 'agency');
  return {
    // One of the same name would be replaced.
    saveImportMapping: async () => ['agency', { importId: await waiting() }, { name: newId() }],
    startLeadImport: async () => ['agency', { importId: await waiting() }],
    cancelLeadImport: async () => ['agency', { importId: await waiting() }],
  };
}
