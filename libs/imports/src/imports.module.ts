import { Module } from '@nestjs/common';
import { ContractsModule } from '#contracts';
import { LeadsModule } from '#leads';
import { PersonsModule } from '#persons';
import { VerticalsModule } from '#verticals';
import { ChooseMapping } from './choose-mapping.action.js';
import { FileContract } from './file-contract.action.js';
import { ImportActs } from './import-acts.action.js';
import { ImportQueries } from './import.queries.js';
import { ImportStore } from './import.store.js';
import { ImportFileStore } from './import-file.store.js';
import { ImportReportStore } from './import-report.store.js';
import { MappingStore } from './mapping.store.js';
import { SaveMapping } from './save-mapping.action.js';
import { CancelImport, StartImport } from './start-import.action.js';
import { TidyImports } from './tidy-imports.action.js';
import { UploadImport } from './upload-import.action.js';
import { WorkImport } from './work-import.action.js';

const offered = [
  CancelImport,
  ImportQueries,
  SaveMapping,
  StartImport,
  TidyImports,
  UploadImport,
  WorkImport,
];

/** Files of leads. Needs 'Clock', 'Config' and the database module. */
@Module({
  imports: [ContractsModule, LeadsModule, PersonsModule, VerticalsModule],
  providers: [
    ...offered,
    ChooseMapping,
    FileContract,
    ImportActs,
    ImportFileStore,
    ImportReportStore,
    ImportStore,
    MappingStore,
  ],
  exports: offered,
})
export class ImportsModule {}
