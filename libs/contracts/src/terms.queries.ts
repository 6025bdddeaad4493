import {
  type ContractRecord,
  contractColumns,
  type TermsRecord,
  termsColumns,
  termsOf,
} from './contract-record.js';
import type { ContractTerms } from './terms.js';

/** Whatever runs a statement: a transaction, or the database outside one. */
export interface ContractReader {
  query<T>(sql: string, parameters?: readonly unknown[]): Promise<T[]>;
}

/** Names one version of a contract. */
export interface ContractVersionRef {
  readonly agencyId: string;
  readonly contractId: string;
  readonly version: number;
}

/** The terms of one version, whatever its state; undefined when there is no such version. Not limited to an actor. */
export async function termsOfVersion(
  reader: ContractReader,
  agencyId: string,
  contractId: string,
  version: number,
): Promise<ContractTerms | undefined> {
  const [record] = await reader.query<TermsRecord>(
    `select ${termsColumns} from contract_versions v
     where v.agency_id = $1 and v.contract_id = $2 and v.version = $3`,
    [agencyId, contractId, version],
  );
  return record && termsOf(record);
}

/** The terms of many versions in one statement, by {@link contractVersionKey}; versions that do not exist are left out. */
export async function termsOfVersions(
  reader: ContractReader,
  refs: readonly ContractVersionRef[],
): Promise<ReadonlyMap<string, ContractTerms>> {
  const wanted = [...new Map(refs.map((ref) => [contractVersionKey(ref), ref])).values()];
  if (wanted.length === 0) return new Map();
  const records = await reader.query<TermsRecord & { contract_id: string; version: number }>(
    `select v.contract_id, v.version, ${termsColumns}
     from unnest($1::uuid[], $2::uuid[], $3::integer[]) as r (agency_id, contract_id, version)
     join contract_versions v using (agency_id, contract_id, version)`,
    [
      wanted.map(({ agencyId }) => agencyId),
      wanted.map(({ contractId }) => contractId),
      wanted.map(({ version }) => version),
    ],
  );
  return new Map(
    records.map((record) => {
      const { contract_id: contractId, version } = record;
      return [contractVersionKey({ contractId, version }), termsOf(record)];
    }),
  );
}

/** The key of a version in the map of {@link termsOfVersions}; a contract's id is unique without its agency. */
export function contractVersionKey({
  contractId,
  version,
}: Pick<ContractVersionRef, 'contractId' | 'version'>): string {
  return `${contractId}:${version}`;
}

/** What a lead asks for: a contract by name, or any of the vertical. `contractId` wins where both are given. */
export interface ContractWanted {
  readonly agencyId: string;
  readonly vertical?: string | null | undefined;
  readonly contractId?: string | null | undefined;
}

/** An active contract as intake needs it: a lead is delivered under `version` and priced with `terms`. */
export interface ActiveContract {
  readonly agencyId: string;
  readonly contractId: string;
  readonly buyerId: string;
  readonly vertical: string;
  /** Changes with every change of the contract: compare it again under a lock before writing. */
  readonly rowVersion: number;
  readonly version: number;
  /** The buyer's balance is used up: no live leads. Changes without `rowVersion`. */
  readonly creditBlocked: boolean;
  readonly terms: ContractTerms;
}

/** The answer to one {@link ContractWanted}. */
export interface ContractsFound {
  /** Active ones, oldest first: none, one, or several for a vertical. */
  readonly contracts: readonly ActiveContract[];
  /** The contract that was named is the agency's, but takes no leads now. */
  readonly inactive: boolean;
}

/**
 * The active contracts for each of the requests, in the order of the requests, in one round trip. Intake calls it once
 * a batch; the requests of a batch are mostly the same, so each different one is asked and sent back once.
 */
export async function activeContracts(
  reader: ContractReader,
  requests: readonly ContractWanted[],
): Promise<readonly ContractsFound[]> {
  const keys = requests.map(keyOf);
  const wanted = [...new Map(requests.map((request, index) => [keys[index] ?? '', request])).entries()];
  if (wanted.length === 0) return [];
  const named = wanted.filter(([, { contractId }]) => isGiven(contractId));
  const open = wanted.filter(([, { contractId, vertical }]) => !isGiven(contractId) && isGiven(vertical));
  // Two halves, because an OR of both conditions could use neither the primary key nor contracts_active.
  const records = await reader.query<WantedRecord>(
    `select r.key, ${contractColumns}, ${termsColumns}
     from unnest($1::text[], $2::uuid[], $3::uuid[]) as r (key, agency_id, id)
     join contracts c on c.agency_id = r.agency_id and c.id = r.id
     join contract_versions v on v.agency_id = c.agency_id and v.contract_id = c.id
       and v.version = coalesce(c.in_force_version, c.latest_version)
     union all
     select r.key, ${contractColumns}, ${termsColumns}
     from unnest($4::text[], $5::uuid[], $6::text[]) as r (key, agency_id, vertical)
     join contracts c on c.agency_id = r.agency_id and c.vertical = r.vertical and c.state = 'ACTIVE'
     join contract_versions v on v.agency_id = c.agency_id and v.contract_id = c.id
       and v.version = c.in_force_version`,
    [
      named.map(([key]) => key),
      named.map(([, { agencyId }]) => agencyId),
      named.map(([, { contractId }]) => contractId),
      open.map(([key]) => key),
      open.map(([, { agencyId }]) => agencyId),
      open.map(([, { vertical }]) => vertical),
    ],
  );
  const found = new Map<string, { contracts: ActiveContract[]; inactive: boolean }>(
    wanted.map(([key]) => [key, { contracts: [], inactive: false }]),
  );
  for (const record of records) {
    const entry = found.get(record.key);
    const contract = activeOf(record);
    if (contract) entry?.contracts.push(contract);
    else if (entry) entry.inactive = true;
  }
  for (const { contracts } of found.values()) {
    contracts.sort((a, b) => (a.contractId < b.contractId ? -1 : 1));
  }
  return keys.map((key) => found.get(key) ?? { contracts: [], inactive: false });
}

interface WantedRecord extends ContractRecord, TermsRecord {
  readonly key: string;
}

function activeOf(record: WantedRecord): ActiveContract | undefined {
  if (record.state !== 'ACTIVE' || record.in_force_version === null) return undefined;
  return {
    agencyId: record.agency_id,
    contractId: record.id,
    buyerId: record.buyer_id,
    vertical: record.vertical,
    rowVersion: record.row_version,
    version: record.in_force_version,
    creditBlocked: record.credit_blocked_at !== null,
    terms: termsOf(record),
  };
}

function isGiven(text: string | null | undefined): text is string {
  return text !== null && text !== undefined;
}

function keyOf({ agencyId, vertical, contractId }: ContractWanted): string {
  return isGiven(contractId) ? `${agencyId}:id:${contractId}` : `${agencyId}:vertical:${vertical ?? ''}`;
}
