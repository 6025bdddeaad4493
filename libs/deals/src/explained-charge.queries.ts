import { type Charge, chargeColumns, chargeOf, type ChargeRow } from '#charges';
import {
  type ChargeComponent,
  contractVersionKey,
  explainCharge,
  type PriceExplanation,
  termsOfVersions,
} from '#contracts';
import { Database } from '#database';
import { Injectable } from '@nestjs/common';

/** A charge with the reason for it in words. */
export interface ExplainedCharge extends Charge {
  readonly explanation: PriceExplanation;
}

/** Charges that an act has written, for its answer. */
@Injectable()
export class ExplainedChargeQueries {
  constructor(private readonly database: Database) {}

  /** In the order of the ids. Not limited to an actor: the ids come from the actor's own act. */
  async byIds(agencyId: string, ids: readonly string[]): Promise<ExplainedCharge[]> {
    if (ids.length === 0) return [];
    const rows = await this.database.query<
      ChargeRow & { reversed_component: ChargeComponent | null; rerouted: boolean }
    >(
      `select ${chargeColumns}, o.component as reversed_component, d.rerouted_at is not null as rerouted
       from unnest($2::uuid[]) with ordinality as asked (id, place)
       join charges c on c.agency_id = $1 and c.id = asked.id
       join deliveries d on d.agency_id = c.agency_id and d.id = c.delivery_id
       left join charges o on o.agency_id = c.agency_id and o.id = c.reverses
       order by asked.place`,
      [agencyId, ids],
    );
    const charges = rows.map((row) => ({
      charge: chargeOf(row),
      reversed: row.reversed_component,
      rerouted: row.rerouted,
    }));
    const refs = charges.map(({ charge }) => ({
      agencyId,
      contractId: charge.contractId,
      version: charge.contractVersion,
    }));
    const terms = await termsOfVersions(this.database, refs);
    return charges.map(({ charge, reversed, rerouted }) => {
      const { contractId, contractVersion: version } = charge;
      const stored = { ...charge, reverses: reversed, rerouted };
      return {
        ...charge,
        explanation: explainCharge(stored, terms.get(contractVersionKey({ contractId, version }))),
      };
    });
  }
}
