/** Copies of a database that a test has filled. */
import { randomBytes } from 'node:crypto';
import pg from 'pg';

/** Gives the address of the copy. Nobody may be connected to what is copied. */
export async function copyDatabase(url: string): Promise<string> {
  const source = new URL(url);
  const copy = new URL(url);
  copy.pathname = `${source.pathname}_${randomBytes(3).toString('hex')}`;
  await asAdmin(url, `create database ${nameIn(copy)} template ${nameIn(source)}`);
  return copy.href;
}

/** Every row of a database as it is now, to which it is put back again and again. Nobody loses a connection by that. */
export class Rewind {
  private constructor(private readonly connection: pg.Client) {}

  static async remember(url: string): Promise<Rewind> {
    const connection = new pg.Client({ connectionString: url });
    await connection.connect();
    await connection.query(remember);
    return new Rewind(connection);
  }

  /** Nothing may be under way. */
  async run(): Promise<void> {
    await this.connection.query('select remembered.rewind()');
  }

  async close(): Promise<void> {
    await this.connection.end();
  }
}

const tables = `select c.oid::regclass::text as name, c.relname from pg_class c
  where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition`;
const columns = `select string_agg(quote_ident(a.attname), ', ' order by a.attnum) into listed from pg_attribute a
  where a.attrelid = each.name::regclass and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''`;

// What may not be changed is put back as well: rules of the tables do not count here.
const remember = `
  create schema remembered;
  do $$ declare each record;
    begin
      for each in select tgrelid::regclass::text as name, tgname from pg_trigger where tgenabled = 'A' loop
        execute format('alter table %s disable trigger %I', each.name, each.tgname);
      end loop;
    end $$;
  do $$ declare each record;
    begin
      for each in ${tables} loop
        execute format('create table remembered.%I as table public.%I', each.relname, each.relname);
      end loop;
    end $$;
  create function remembered.rewind() returns void language plpgsql set session_replication_role = replica as $$
    declare each record; listed text;
    begin
      for each in ${tables} loop
        ${columns};
        execute format('delete from public.%I', each.relname);
        execute format('insert into public.%I (%s) overriding system value select %s from remembered.%I',
          each.relname, listed, listed, each.relname);
      end loop;
    end $$`;

export async function dropDatabase(url: string): Promise<void> {
  await asAdmin(url, `drop database if exists ${nameIn(new URL(url))} with (force)`);
}

function nameIn({ pathname }: URL): string {
  return pathname.slice(1);
}

async function asAdmin(url: string, statement: string): Promise<void> {
  const address = new URL(url);
  address.pathname = '/postgres';
  const connection = new pg.Client({ connectionString: address.href });
  await connection.connect();
  try {
    await connection.query(statement);
  } finally {
    await connection.end();
  }
}
