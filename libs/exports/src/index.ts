export { type ExportFile } from './export-file.js';
/** A text as a cell that no spreadsheet runs as a formula. */
export { inertText } from './csv.js';
export { Exports, exportsOf } from './exports.queries.js';
export { type LedgerFilter } from './ledger-reader.queries.js';
export { type PayoutFilter } from './payout-reader.queries.js';
export { idsShownBy, type ShowId } from './shown-id.js';
export { ExportsModule } from './exports.module.js';
