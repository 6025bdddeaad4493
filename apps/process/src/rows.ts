import { auditRows } from '#audit';
import { contractRows } from '#contracts';
import { IdempotencyKeyRow } from '#database';
import { organizationRows } from '#organizations';
import { settlementRows } from '#settlements';

/** Every TypeORM class of the product, for the data source of any process. */
export const rows = [
  IdempotencyKeyRow,
  ...auditRows,
  ...organizationRows,
  ...contractRows,
  ...settlementRows,
];
