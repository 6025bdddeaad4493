/**
 * A statement that runs others with the append-only triggers of some tables switched off until it is over: the tables
 * refuse what a bench needs to begin anew, and the bench owns its database.
 */
export function unguarded(tables: readonly string[], statements: string): string {
  return `
do $unguarded$
declare
  guard record;
begin
  create temporary table unguarded on commit drop as
    select tgrelid::regclass as relation, tgname as name from pg_trigger
    where not tgisinternal and tgenabled = 'A' and tgrelid = any('{${tables.join(', ')}}'::regclass[]);
  for guard in select * from unguarded loop
    execute format('alter table %s disable trigger %I', guard.relation, guard.name);
  end loop;
  ${statements};
  for guard in select * from unguarded loop
    execute format('alter table %s enable always trigger %I', guard.relation, guard.name);
  end loop;
end $unguarded$`;
}
