import { Module } from '@nestjs/common';
import { DefineVertical } from './define-vertical.action.js';
import { PublishLeadSchema } from './publish-lead-schema.action.js';
import { VerticalQueries } from './vertical.queries.js';
import { VerticalStore } from './vertical.store.js';

/** Verticals and their lead schemas. Needs a provider of 'Clock' and the database module. */
@Module({
  providers: [DefineVertical, PublishLeadSchema, VerticalQueries, VerticalStore],
  exports: [DefineVertical, PublishLeadSchema, VerticalQueries],
})
export class VerticalsModule {}
