import { Module } from '@nestjs/common';
import { ChangeSuppressions } from './change-suppressions.action.js';
import { KeyRing } from './key-ring.store.js';
import { PersonHashStore } from './person-hash.store.js';
import { SuppressionQueries } from './suppression.queries.js';
import { SuppressionStore } from './suppression.store.js';

/** Needs 'Config' and 'Clock' of the process, and its database module. */
@Module({
  providers: [ChangeSuppressions, KeyRing, PersonHashStore, SuppressionQueries, SuppressionStore],
  exports: [ChangeSuppressions, KeyRing, PersonHashStore, SuppressionQueries],
})
export class PersonsModule {}
