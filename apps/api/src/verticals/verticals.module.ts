import { Module } from '@nestjs/common';
import { VerticalsModule } from '#verticals';
import { VerticalsController } from './verticals.controller.js';
import { VerticalLoaders } from './verticals.loaders.js';
import { VerticalsResolver } from './verticals.resolver.js';

/** Verticals and their lead schemas as the API shows them. */
@Module({
  imports: [VerticalsModule],
  controllers: [VerticalsController],
  providers: [VerticalLoaders, VerticalsResolver],
})
export class VerticalsApiModule {}
