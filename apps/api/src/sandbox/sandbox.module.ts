import { Module } from '@nestjs/common';
import { DueWorkModule } from '../../../process/src/due-work.module.js';
import { AdvanceClock } from './advance-clock.js';
import { FollowClock } from './follow-clock.js';
import { SandboxResolver } from './sandbox.resolver.js';
import { StripeSandboxClock } from './stripe-sandbox-clock.js';

@Module({
  imports: [DueWorkModule],
  providers: [AdvanceClock, FollowClock, SandboxResolver, StripeSandboxClock],
})
export class SandboxModule {}
