import { SystemClock } from '#calendar';
import type { Config } from '#config';
import { webhookTargets } from '#events';
import { LeadsModule } from '#leads';
import { VerticalsModule } from '#verticals';
import { Targets, WebhookSender } from '#webhooks';
import { Module, type OnModuleDestroy } from '@nestjs/common';
import { CheckDestination } from './check-destination.queries.js';
import { CreateDestination } from './create-destination.action.js';
import { DestinationActs } from './destination-acts.action.js';
import { DestinationStore } from './destination.store.js';
import { HandoverQueries } from './handover.queries.js';
import { HandoverQueueStore } from './handover-queue.store.js';
import {
  ManageDestination,
  RotateDestinationSecret,
  UpdateDestination,
} from './manage-destination.action.js';
import { mailAnswerMs, tryTimeoutMs } from './next-step.js';
import { TellOverdueContacts } from './overdue-contacts.action.js';
import { PlaceDestination } from './place-destination.action.js';
import { RerouteOverdue } from './reroute-overdue.action.js';
import { ResendDelivery } from './resend-delivery.action.js';
import { MailSender, type MailSettings } from './send-mail.action.js';
import { SampleSending, SendSampleLead } from './send-sample-lead.action.js';
import { TidyHandovers } from './tidy-handovers.action.js';
import { TryHandover } from './try-handover.action.js';

type HandoverConfig = Pick<Config, 'webhookLoopback' | 'smtpUrl' | 'mailFrom'>;

/** Null: no mail is sent by these settings. */
export function mailSettings({ smtpUrl, mailFrom }: HandoverConfig): MailSettings | null {
  return smtpUrl === null || mailFrom === null ? null : { smtpUrl, from: mailFrom };
}

/** What makes single tries by these settings; close it in the end. */
export function createTryHandover(config: HandoverConfig): TryHandover {
  const clock = new SystemClock();
  const mail = mailSettings(config);
  return new TryHandover(
    // The body says whether the lead is taken: it has the same time as the head, together.
    new WebhookSender(webhookTargets(config, clock), clock, tryTimeoutMs, tryTimeoutMs),
    mail && new MailSender(mail, { sendMs: tryTimeoutMs, answerMs: mailAnswerMs }),
    clock,
  );
}

const offered = [
  CreateDestination,
  DestinationStore,
  HandoverQueries,
  HandoverQueueStore,
  ManageDestination,
  PlaceDestination,
  RerouteOverdue,
  ResendDelivery,
  RotateDestinationSecret,
  SendSampleLead,
  TellOverdueContacts,
  TidyHandovers,
  UpdateDestination,
];

/** Handing leads over to buyers. Needs 'Clock', 'Config', 'ShowId' and the database module. */
@Module({
  imports: [LeadsModule, VerticalsModule],
  providers: [
    ...offered,
    CheckDestination,
    DestinationActs,
    SampleSending,
    { provide: Targets, inject: ['Config'], useFactory: webhookTargets },
    { provide: 'MailSettings', inject: ['Config'], useFactory: mailSettings },
    { provide: TryHandover, inject: ['Config'], useFactory: createTryHandover },
  ],
  exports: [...offered, LeadsModule],
})
export class HandoverModule implements OnModuleDestroy {
  constructor(private readonly tryHandover: TryHandover) {}

  async onModuleDestroy(): Promise<void> {
    await this.tryHandover.close();
  }
}
