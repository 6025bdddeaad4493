import { Module } from '@nestjs/common';
import { ExportsModule } from '#exports';
import { ExportSlots } from './export-slots.js';
import { ExportsController } from './exports.controller.js';

/** Files for accountants over HTTP. */
@Module({ imports: [ExportsModule], controllers: [ExportsController], providers: [ExportSlots] })
export class ExportsApiModule {}
