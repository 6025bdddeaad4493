import type pg from 'pg';

/** Rows of each table of the product. */
export type RowCounts = ReadonlyMap<string, number>;

export async function countRows(connection: pg.Client): Promise<RowCounts> {
  const { rows: tables } = await connection.query<{ name: string }>(
    `select format('%I', relname) as name from pg_class
     where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition`,
  );
  const counts = tables.map(({ name }) => `select '${name}' as name, count(*) from ${name}`);
  const { rows } = await connection.query<{ name: string; count: string }>(counts.join(' union all '));
  return new Map(rows.map(({ name, count }) => [name, Number(count)]));
}

/**
 * What a lead writes, as `charges 1, deliveries 1, …`. The reference must write what the product writes, or the ratio
 * compares two different things; rows that are not written for each lead do not show.
 */
export function footprintOf(before: RowCounts, after: RowCounts): string {
  const added = (name: string) => (after.get(name) ?? 0) - (before.get(name) ?? 0);
  const leads = added('leads');
  return [...after.keys()]
    .map((name) => [name, Math.round(added(name) / leads)] as const)
    .filter(([, perLead]) => perLead >= 1)
    .map(([name, perLead]) => `${name} ${perLead}`)
    .sort()
    .join(', ');
}
