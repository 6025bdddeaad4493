import { contractRows } from '#contracts';
import { organizationRows } from '#organizations';

/** Every TypeORM class of the product, for the data source of any process. */
export const rows = [...organizationRows, ...contractRows];
