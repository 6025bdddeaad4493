import { SettlementsModule } from '#settlements';
import { Module } from '@nestjs/common';
import { Exports } from './exports.queries.js';
import { LedgerReader } from './ledger-reader.queries.js';
import { PayoutReader } from './payout-reader.queries.js';
import { StatementReader } from './statement-reader.queries.js';

/** Files for accountants. Needs what the settlements module needs. */
@Module({
  imports: [SettlementsModule],
  providers: [Exports, LedgerReader, PayoutReader, StatementReader],
  exports: [Exports],
})
export class ExportsModule {}
