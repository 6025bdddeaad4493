import { Module } from '@nestjs/common';
import { AdvanceCheckpoints } from './advance-checkpoints.action.js';

/** What of the ledger is an object; posting and reading are plain functions of a transaction. */
@Module({ providers: [AdvanceCheckpoints], exports: [AdvanceCheckpoints] })
export class LedgerModule {}
