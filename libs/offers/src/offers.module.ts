import { SystemClock } from '#calendar';
import type { Config } from '#config';
import { webhookTargets } from '#events';
import { LeadsModule } from '#leads';
import { VerticalsModule } from '#verticals';
import { Targets, WebhookSender } from '#webhooks';
import { Module, type OnModuleDestroy } from '@nestjs/common';
import { AskBuyers } from './ask-buyers.action.js';
import { ClaimLead } from './claim-lead.action.js';
import { HoldRounds } from './hold-rounds.action.js';
import { LapseClaims } from './lapse-claims.action.js';
import { ManagePingAddress } from './manage-ping-address.action.js';
import { OfferQueries } from './offer.queries.js';
import { OfferQueueStore } from './offer-queue.store.js';
import { PingAddressStore } from './ping-address.store.js';
import { PingLead } from './ping-lead.action.js';
import { PingStore } from './ping.store.js';
import { SendSamplePing } from './send-sample-ping.action.js';

const offered = [
  ClaimLead,
  HoldRounds,
  LapseClaims,
  ManagePingAddress,
  OfferQueries,
  PingAddressStore,
  PingLead,
  PingStore,
  SendSamplePing,
];

/** Leads that are offered: bids for them, and claims. Needs 'Clock', 'Config', 'ShowId' and the database module. */
@Module({
  imports: [LeadsModule, VerticalsModule],
  providers: [
    ...offered,
    OfferQueueStore,
    { provide: Targets, inject: ['Config'], useFactory: webhookTargets },
    {
      provide: AskBuyers,
      inject: ['Config'],
      useFactory: ({ webhookLoopback, pingAnswerMs }: Pick<Config, 'webhookLoopback' | 'pingAnswerMs'>) => {
        const clock = new SystemClock();
        const targets = webhookTargets({ webhookLoopback }, clock);
        return new AskBuyers(new WebhookSender(targets, clock, pingAnswerMs), pingAnswerMs);
      },
    },
  ],
  exports: offered,
})
export class OffersModule implements OnModuleDestroy {
  constructor(private readonly askBuyers: AskBuyers) {}

  async onModuleDestroy(): Promise<void> {
    await this.askBuyers.close();
  }
}
