import pg from 'pg';

/**
 * keyed      grows with the agencies: the named column leads its keys, so that it can be spread over machines
 * reference  small and copied to every machine
 * local      stays on the one machine that coordinates
 */
export type Placement =
  { readonly keyed: string } | { readonly reference: string } | { readonly local: string };

export interface TableFacts {
  readonly name: string;
  /** Columns of the primary key and of every unique index, in order. */
  readonly uniqueKeys: readonly { readonly name: string; readonly columns: readonly string[] }[];
  readonly hasPrimaryKey: boolean;
  readonly foreignKeys: readonly ForeignKey[];
}

interface ForeignKey {
  readonly name: string;
  readonly columns: readonly string[];
  readonly target: string;
  readonly targetColumns: readonly string[];
}

const factsSql = `
  with columns as (
    select attrelid, attnum, attname::text from pg_attribute where attnum > 0
  )
  select c.relname::text as name,
    exists (select from pg_index i where i.indrelid = c.oid and i.indisprimary) as "hasPrimaryKey",
    coalesce((
      select json_agg(json_build_object('name', x.relname, 'columns', (
        select json_agg(a.attname order by k.position)
        from unnest(i.indkey::int2[]) with ordinality k(attnum, position)
        join columns a on a.attrelid = c.oid and a.attnum = k.attnum)) order by x.relname)
      from pg_index i join pg_class x on x.oid = i.indexrelid
      where i.indrelid = c.oid and i.indisunique), '[]') as "uniqueKeys",
    coalesce((
      select json_agg(json_build_object('name', f.conname, 'target', t.relname,
        'columns', (select json_agg(a.attname order by k.position)
          from unnest(f.conkey) with ordinality k(attnum, position)
          join columns a on a.attrelid = f.conrelid and a.attnum = k.attnum),
        'targetColumns', (select json_agg(a.attname order by k.position)
          from unnest(f.confkey) with ordinality k(attnum, position)
          join columns a on a.attrelid = f.confrelid and a.attnum = k.attnum)) order by f.conname)
      from pg_constraint f join pg_class t on t.oid = f.confrelid
      where f.conrelid = c.oid and f.contype = 'f'), '[]') as "foreignKeys"
  from pg_class c
  where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
  order by c.relname`;

/** Reads every table of the schema "public"; the job queue has a schema of its own. */
export async function tableFacts(url: string): Promise<readonly TableFacts[]> {
  const connection = new pg.Client({ connectionString: url });
  await connection.connect();
  try {
    return (await connection.query<TableFacts>(factsSql)).rows;
  } finally {
    await connection.end();
  }
}

/**
 * What keeps the schema from being spread over machines by agency, a sentence each. `keyNotFirst` names the unique
 * indexes that may have their key further back, each with its reason; they must have it all the same.
 */
export function placementViolations(
  tables: readonly TableFacts[],
  placements: Readonly<Record<string, Placement>>,
  keyNotFirst: Readonly<Record<string, string>> = {},
): readonly string[] {
  const missing = Object.keys(placements).filter((name) => !tables.some((table) => table.name === name));
  return [
    ...missing.map((name) => `${name} is placed and does not exist`),
    ...tables.flatMap((table) => tableViolations(table, placements, keyNotFirst)),
  ];
}

function tableViolations(
  table: TableFacts,
  placements: Readonly<Record<string, Placement>>,
  keyNotFirst: Readonly<Record<string, string>>,
): readonly string[] {
  const placement = placements[table.name];
  if (!placement) return [`${table.name} is not placed: keyed by agency, reference or local?`];
  const found = table.hasPrimaryKey ? [] : [`${table.name} has no primary key`];
  if ('keyed' in placement) {
    for (const { name, columns } of table.uniqueKeys) {
      const inOrder =
        name in keyNotFirst ? columns.includes(placement.keyed) : columns[0] === placement.keyed;
      if (!inOrder) found.push(`${table.name}: ${placement.keyed} does not lead ${name}`);
    }
  }
  const key = keyOf(placement);
  for (const reference of table.foreignKeys) {
    const problem = foreignKeyProblem(key, reference, placements[reference.target]);
    if (problem) found.push(`${table.name}: ${reference.name} ${problem}`);
  }
  return found;
}

function foreignKeyProblem(
  key: string | undefined,
  { columns, targetColumns }: ForeignKey,
  target: Placement | undefined,
): string | undefined {
  if (!target || 'local' in target)
    return key === undefined ? undefined : 'points at a table that is on one machine';
  const targetKey = keyOf(target);
  if (targetKey === undefined) return undefined;
  if (key === undefined) return 'points from a table that is everywhere at one that is spread';
  const position = targetColumns.indexOf(targetKey);
  return columns[position] === key
    ? undefined
    : `does not carry ${key}, so it could cross from one agency to another`;
}

function keyOf(placement: Placement): string | undefined {
  return 'keyed' in placement ? placement.keyed : undefined;
}
