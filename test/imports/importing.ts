/** What an agency does with files, over HTTP, and a worker beside it. */
import pg from 'pg';
import type { ImportShown } from '../../apps/api/src/imports/import-routes.js';
import { importToolsOf, openImportRunner } from '../../apps/process/src/import-runner.js';
import { decodeId } from '../../apps/process/src/public-ids.js';
import type { TestApp, TestKey } from '../support/app.js';
import type { UserError } from '../support/marketplace.js';

export interface Uploaded {
  readonly status: number;
  readonly import: ImportShown | null;
  readonly replayed: boolean;
  readonly userErrors: readonly UserError[];
  readonly message?: string;
  readonly code?: string;
}

export type Parameters = Readonly<Record<string, string>>;

export const terms = {
  baseRate: { amount: '10.00', currency: 'USD' },
  commissionBasis: 'NONE',
  commissionRatePpm: 0,
  commissionTrigger: 'QUALIFIED',
} as const;

const shownFields = `id status dryRun test vertical fileName mappingName mappingSource mapping { name field }
  bytesTotal bytesDone rowsDone rowsTotal rowsPerSecond remainingSeconds failure { reason line message } contractId
  counts { taken duplicates suppressed quarantined alreadyTaken refused } startedAt endedAt`;
const errors = 'userErrors { code message field }';

/** The fence of an import that was started and taken by one worker. */
export const takenOnce = 2;

export class Importing {
  private keys = 0;
  private closers: (() => Promise<void>)[] = [];

  constructor(readonly app: TestApp) {}

  /** A worker in this process, until the end of the test. */
  work(): void {
    const runner = openImportRunner({ ...importToolsOf(this.app.nest), leaseSeconds: 2 });
    this.closers.push(async () => await runner.stop(10_000));
  }

  /**
   * Whoever has the file of the vertical first waits before it writes down more than its first rows, until it is let go: what
   * a test does meanwhile comes in the midst of the file, however fast that is done. Nothing else waits.
   */
  async holdInTheMidst(vertical: string): Promise<() => Promise<void>> {
    const connection = new pg.Client({ connectionString: this.app.databaseUrl });
    await connection.connect();
    await connection.query(
      `create function wait_in_the_midst() returns trigger language plpgsql as $$ begin
         if exists (select from lead_imports where vertical = '${vertical}' and rows_done > 0 and fence = ${takenOnce}) then
           perform pg_advisory_xact_lock_shared(1);
         end if;
         return null; end $$;
       create trigger wait_in_the_midst before update of rows_done on lead_imports for each statement
         execute function wait_in_the_midst();
       select pg_advisory_lock(1)`,
    );
    return async () => {
      await connection.query('select pg_advisory_unlock(1)');
      await connection.query('drop function wait_in_the_midst cascade');
      await connection.end();
    };
  }

  async stop(): Promise<void> {
    for (const close of this.closers) await close();
    this.closers = [];
  }

  /** Sends a file as curl does. */
  async upload(
    body: string | Buffer,
    parameters: Parameters,
    { key = 'agency', headers = {} }: { key?: TestKey | { token: string }; headers?: Parameters } = {},
  ): Promise<Uploaded> {
    const query = new URLSearchParams(parameters).toString();
    const response = await fetch(`${this.app.url}/v1/imports?${query}`, {
      method: 'POST',
      body: typeof body === 'string' ? body : new Uint8Array(body),
      headers: { authorization: `Bearer ${this.tokenOf(key)}`, 'content-type': 'text/csv', ...headers },
    });
    const answer = (await response.json()) as Omit<Uploaded, 'status'>;
    return { ...answer, status: response.status };
  }

  /** The same for a file that is taken; the id of its import. */
  async uploaded(body: string | Buffer, parameters: Parameters, key: TestKey = 'agency'): Promise<string> {
    const answer = await this.upload(body, parameters, { key });
    if (!answer.import || answer.userErrors.length > 0) throw new Error(JSON.stringify(answer));
    return answer.import.id;
  }

  async shown(id: string, key: TestKey = 'agency'): Promise<ImportShown> {
    const query = `query ($id: ID!) { leadImport(id: $id) { ${shownFields} } }`;
    const { leadImport } = await this.app.ask<{ leadImport: ImportShown | null }>(this.app.keys[key], query, {
      id,
    });
    if (!leadImport) throw new Error(`no import ${id}`);
    return leadImport;
  }

  /** Waits until it has come to that. */
  async until(id: string, isThere: (shown: ImportShown) => boolean): Promise<ImportShown> {
    for (let before = ''; ;) {
      const now = await this.progress(id);
      // Asked through the API only when something has moved: that costs points.
      const shown = now === before ? undefined : await this.shown(id);
      if (shown && isThere(shown)) return shown;
      if (shown?.status === 'FAILED') throw new Error(JSON.stringify(shown));
      before = now;
      await new Promise(setImmediate);
    }
  }

  /** State and rows of an import, as one text. */
  async progress(id: string): Promise<string> {
    const [row] = await this.app.database.query<{ progress: string }>(
      `select state || ' ' || rows_done as progress from lead_imports where id = $1`,
      [decodeId('imp', id)],
    );
    return row?.progress ?? '';
  }

  /** Waits for its end. */
  async ended(id: string): Promise<ImportShown> {
    return await this.until(id, ({ status }) => !['RUNNING', 'CANCELLING', 'READY'].includes(status));
  }

  async act(
    name: 'saveImportMapping' | 'startLeadImport' | 'cancelLeadImport',
    input: Record<string, unknown>,
    key: TestKey = 'agency',
  ): Promise<{ leadImport: ImportShown | null; replayed: boolean; userErrors: readonly UserError[] }> {
    this.keys += 1;
    const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input`;
    const query = `mutation ($input: ${type}!) {
      payload: ${name}(input: $input) { leadImport { ${shownFields} } replayed ${errors} } }`;
    const variables = { input: { idempotencyKey: `import-act-${this.keys}`, ...input } };
    const { payload } = await this.app.ask<{ payload: Awaited<ReturnType<Importing['act']>> }>(
      this.app.keys[key],
      query,
      variables,
    );
    return payload;
  }

  async failedCsv(id: string, key: TestKey = 'agency'): Promise<{ status: number; text: string }> {
    const response = await fetch(`${this.app.url}/v1/imports/${id}/failed.csv`, {
      headers: { authorization: `Bearer ${this.app.keys[key]}` },
    });
    return { status: response.status, text: await response.text() };
  }

  /** What became of every row, page by page. */
  async rows(id: string): Promise<readonly ReportRow[]> {
    return await this.pages<ReportRow>(id, 'rows', 'row result leadId refusals { code field message }');
  }

  async failedRows(id: string): Promise<readonly Omit<ReportRow, 'result' | 'leadId'>[]> {
    return await this.pages(id, 'failedRows', 'row refusals { code field message }');
  }

  private async pages<Row>(id: string, field: string, selection: string): Promise<Row[]> {
    const rows: Row[] = [];
    for (let after: string | null = null; ;) {
      const query = `query ($id: ID!, $after: String) { leadImport(id: $id) {
        page: ${field}(first: 100, after: $after) { nodes { ${selection} } pageInfo { hasNextPage endCursor } } } }`;
      const { leadImport }: { leadImport: { page: Page<Row> } } = await this.app.ask(
        this.app.keys.agency,
        query,
        {
          id,
          after,
        },
      );
      rows.push(...leadImport.page.nodes);
      if (!leadImport.page.pageInfo.hasNextPage) return rows;
      after = leadImport.page.pageInfo.endCursor;
    }
  }

  async leadCount(vertical: string): Promise<number> {
    const [row] = await this.app.database.query<{ count: number }>(
      'select count(*)::int as count from leads where vertical = $1',
      [vertical],
    );
    return row?.count ?? 0;
  }

  private tokenOf(key: TestKey | { token: string }): string {
    return typeof key === 'string' ? this.app.keys[key] : key.token;
  }
}

export interface ReportRow {
  readonly row: number;
  readonly result: string;
  readonly leadId: string | null;
  readonly refusals: readonly { readonly code: string; readonly field: string; readonly message: string }[];
}

interface Page<Row> {
  readonly nodes: readonly Row[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
}

let people = 0;

/** So many rows of people whom nobody has had. */
export function newPeople(count: number): string[] {
  return Array.from({ length: count }, () => {
    people += 1;
    return `person.${people}@imported.example,Given ${people},Family ${people}`;
  });
}

export const header = 'E-Mail,First Name,Last Name';

export function fileOf(rows: readonly string[], names = header): string {
  return `${[names, ...rows].join('\n')}\n`;
}
