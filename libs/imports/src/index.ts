export {
  fileDays,
  failureWords,
  type ImportFailure,
  importFailures,
  type ImportState,
  importStates,
  type LeadImport,
  type MappingSource,
  mappingSources,
  maxFiles,
  remainingSeconds,
  reportDays,
  type RowCounts,
  type RowResult,
  rowResults,
} from './lead-import.js';
/** Columns: what they can be, and what they are taken for. */
export { guessColumns, type LeadColumn, leadFields, ownColumns, type RawColumn } from './lead-columns.js';
/** CSV, read in pieces of any size. */
export { type CsvHead, maxColumns, readHead } from './csv-head.js';
export { type Delimiter, type FilePosition, maxRowBytes, type RowFault } from './csv-records.js';
export { type ReadRow, type RowBatch, rowBatches } from './row-batches.js';
export { type FailedRow, type RowRefusal, safeCell } from './failed-row.js';
/** What people do with files. */
export { type ImportUploaded, UploadImport, type UploadImportInput } from './upload-import.action.js';
export { takenOtherwise } from './file-contract.action.js';
export { type ImportActed, type ImportActInput } from './import-acts.action.js';
export { CancelImport, StartImport, type StartImportInput } from './start-import.action.js';
export { SaveMapping, type SaveMappingInput } from './save-mapping.action.js';
export { ImportQueries, type ReportedRow, type RowPage } from './import.queries.js';
/** What a worker does with them. */
export { WorkImport, type WorkEnd, type WorkOptions } from './work-import.action.js';
export { TidyImports } from './tidy-imports.action.js';
export { ImportsModule } from './imports.module.js';
