import { Database } from '#database';
import { invariant } from '#outcome';
import { type Lined, SettlementLineQueries } from '#settlements';
import { Injectable } from '@nestjs/common';
import type { StatementLine } from './statement-line.js';

const linesAtOnce = 500;

/** The lines of a statement with what they rest on; what is given must be a settlement that the actor was shown. */
@Injectable()
export class StatementReader {
  constructor(
    private readonly database: Database,
    private readonly lines: SettlementLineQueries,
  ) {}

  /**
   * In the order in which they were charged, page by page along an index: no connection waits for whoever takes them.
   * Nothing is added to a closed statement; of an open one a line may come too late for its page.
   */
  async *batches(statement: Lined): AsyncGenerator<readonly StatementLine[], void, undefined> {
    let after: string | null = null;
    for (;;) {
      const page = { limit: linesAtOnce, backwards: false, ...(after === null ? {} : { after: [after] }) };
      const found = await this.lines.page(statement, page);
      const charges = found.slice(0, linesAtOnce);
      if (charges.length > 0) yield await this.explained(statement.agencyId, charges);
      if (found.length <= linesAtOnce) return;
      after = charges.at(-1)?.id ?? null;
    }
  }

  private async explained(
    agencyId: string,
    charges: readonly StatementLine['charge'][],
  ): Promise<readonly StatementLine[]> {
    const [explanations, names, references] = await Promise.all([
      this.lines.explanations(charges),
      this.namesOf(
        'select id, external_id as name from leads where agency_id = $1 and id = any($2::uuid[])',
        agencyId,
        charges.map(({ leadId }) => leadId),
      ),
      this.namesOf(
        'select id, reference as name from deals where agency_id = $1 and id = any($2::uuid[])',
        agencyId,
        charges.flatMap(({ dealId }) => (dealId === null ? [] : [dealId])),
      ),
    ]);
    return charges.map((charge) => {
      const explanation = explanations.get(charge.id);
      const leadExternalId = names.get(charge.leadId);
      invariant(explanation, 'a line has no explanation');
      invariant(typeof leadExternalId === 'string', 'a line has no lead');
      const dealReference = charge.dealId === null ? null : (references.get(charge.dealId) ?? null);
      return { charge, leadExternalId, dealReference, explanation: explanation.text };
    });
  }

  private async namesOf(
    sql: string,
    agencyId: string,
    ids: readonly string[],
  ): Promise<ReadonlyMap<string, string | null>> {
    if (ids.length === 0) return new Map();
    const rows = await this.database.query<{ id: string; name: string | null }>(sql, [
      agencyId,
      [...new Set(ids)],
    ]);
    return new Map(rows.map(({ id, name }) => [id, name]));
  }
}
