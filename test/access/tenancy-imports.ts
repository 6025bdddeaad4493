/** Files of leads in the generated tests of access. */
import { newId } from '#database';
import type { IdPrefix } from '../../apps/api/src/graphql/ids.js';
import type { TestApp } from '../support/app.js';

/** What `node(id:)` answers for an id of the kind. */
export const importTypes = {
  imp: ['LeadImport'],
} as const satisfies Partial<Record<IdPrefix, readonly string[]>>;

/** A file that waits, with a person of its own; its id. */
export async function fileOf(app: TestApp, key: 'agency' | 'otherAgency'): Promise<string> {
  const response = await fetch(`${app.url}/v1/imports?vertical=solar&fileName=secret-file-of-${key}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${app.keys[key]}` },
    body: `email,secret-column-of-${key}\n${newId()}@people.example,x\n`,
  });
  const { import: made } = (await response.json()) as { import: { id: string } };
  return made.id;
}

/** A file of each agency. */
export async function buildImports(app: TestApp): Promise<void> {
  for (const key of ['agency', 'otherAgency'] as const) await fileOf(app, key);
}
