import { newId, UnitOfWork } from '#database';
import type { Actor } from '#organizations';
import { done, type Outcome, refuse, refused } from '#outcome';
import { longestBodyBytes } from '#webhooks';
import { Inject, Injectable } from '@nestjs/common';
import { CheckDestination } from './check-destination.queries.js';
import { type DestinationActInput, DestinationActs } from './destination-acts.action.js';
import { type Destination, type DestinationSettings, refusalOfUse } from './destination.js';
import { DestinationStore } from './destination.store.js';
import type { SampleRequest } from './handover-log.js';
import { HandoverQueries } from './handover.queries.js';
import { HandoverQueueStore } from './handover-queue.store.js';
import { mailOf, sampleLead, webhookBody } from './lead-message.js';
import { tryTimeoutMs } from './next-step.js';
import type { SentLead } from './sent-lead.js';
import type { ShowId } from './sent-lead-of.js';
import { type LeadToSend, TryHandover } from './try-handover.action.js';

export interface SendSampleLeadInput extends DestinationActInput {
  /** Null: of the first contract whose leads go there. */
  readonly vertical: string | null;
}

const nobody = '00000000-0000-7000-8000-000000000000';

/** Sends samples, outside every transaction, and writes down how they went. */
@Injectable()
export class SampleSending {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly queue: HandoverQueueStore,
    private readonly tryHandover: TryHandover,
    @Inject('ShowId') readonly showId: ShowId,
  ) {}

  async send(
    id: string,
    {
      destinationId,
      version,
      toSend,
    }: { readonly destinationId: string; readonly version: number; readonly toSend: LeadToSend },
  ): Promise<void> {
    const { made, verdict, reason, failure } = await this.tryHandover.execute(toSend);
    const handover = { id, fence: '0', attempt: 1, endpointId: destinationId, destinationVersion: version };
    await this.unitOfWork.run(async (tx) => {
      await this.queue.finishSample(tx, { handover, made, verdict, reason, failure, retryInMs: null });
      return done(undefined);
    });
  }
}

/** Tries a destination out. */
@Injectable()
export class SendSampleLead {
  constructor(
    private readonly acts: DestinationActs,
    private readonly destinations: DestinationStore,
    private readonly check: CheckDestination,
    private readonly queue: HandoverQueueStore,
    private readonly sending: SampleSending,
    private readonly queries: HandoverQueries,
  ) {}

  /**
   * Sends a made-up lead (`test: true`) at once, whatever state its circuit is in, and keeps what was sent and answered. Takes as
   * long as the receiver, at most five seconds or so. Once for each key: a replay sends nothing. Refuses NOT_FOUND, NOT_PERMITTED
   * for another organization's, ILLEGAL_TRANSITION for a deleted one, INVALID_VALUE.
   */
  async execute(
    actor: Actor,
    input: SendSampleLeadInput,
  ): Promise<Outcome<{ readonly sampleId: string; readonly replayed: boolean }>> {
    if (input.vertical !== null && (input.vertical.length > 64 || /\p{Cc}|\p{Cs}/u.test(input.vertical)))
      return refuse('INVALID_VALUE', { field: ['input', 'vertical'], message: 'There is no such vertical.' });
    const sampleId = newId();
    const [present] = await this.queries.destinations(actor, [input.destinationId]);
    const lead = present && (await this.sampleFor(present, input.vertical, sampleId));
    const operation = { name: 'sendSampleLead', action: 'destination.sample' };
    let toSend: LeadToSend | undefined;
    let version = 0;
    const begun = await this.acts.run(actor, operation, { ...input }, async ({ tx, destination }) => {
      const gone = refusalOfUse(destination.state, { enabled: false });
      if (gone) return refused(gone);
      if (destination.buyerId !== actor.organizationId)
        return refuse('NOT_PERMITTED', { message: 'Only the buyer that has the destination can do this.' });
      if (!lead) return refuse('NOT_FOUND', { field: ['input', 'destinationId'] });
      const { id, settings } = destination;
      version = destination.version;
      toSend = {
        id: this.sending.showId('delivery', sampleId),
        settings,
        lead,
        headerValues: await this.destinations.headerValues(tx, id),
        secrets: await this.destinations.secrets(tx, id),
        // Somebody waits for it.
        leftMs: tryTimeoutMs,
      };
      await this.queue.insertSample(tx, {
        id: sampleId,
        destinationId: id,
        request: requestOf(settings, lead),
      });
      return done({ sampleId });
    });
    if (begun.ok && !begun.value.replayed && toSend)
      await this.sending.send(sampleId, { destinationId: input.destinationId, version, toSend });
    return begun;
  }

  private async sampleFor(destination: Destination, wanted: string | null, id: string): Promise<SentLead> {
    const [first = 'sample'] = wanted === null ? await this.check.verticalsOf(destination) : [wanted];
    const { showId } = this.sending;
    const ids = {
      deliveryId: showId('delivery', id),
      leadId: showId('lead', nobody),
      contractId: showId('contract', nobody),
      agencyId: showId('organization', nobody),
    };
    return sampleLead(ids, await this.check.sampleOf(first));
  }
}

function requestOf(settings: DestinationSettings, lead: SentLead): SampleRequest {
  if (settings.kind === 'EMAIL') {
    const { subject, text } = mailOf(settings, lead);
    return { to: settings.address, subject, body: text };
  }
  return { to: settings.url, subject: null, body: webhookBody(settings, lead).slice(0, longestBodyBytes) };
}
