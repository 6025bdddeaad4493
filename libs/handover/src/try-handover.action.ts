import type { Clock } from '#calendar';
import type { WebhookSender, WebhookTry } from '#webhooks';
import { judgeAnswer, type Verdict } from './answer.js';
import type { DestinationSettings, EmailSettings, WebhookSettings } from './destination.js';
import type { HeaderValues } from './destination.store.js';
import type { TryLogged } from './handover-queue.store.js';
import { mailOf, webhookBody } from './lead-message.js';
import type { HandoverFailure } from './next-step.js';
import type { MailSender } from './send-mail.action.js';
import { personalTexts, type SentLead } from './sent-lead.js';

/** What goes where. */
export interface LeadToSend {
  /** The same at every try: `webhook-id`, and what the Message-ID is made of. */
  readonly id: string;
  readonly settings: DestinationSettings;
  readonly headerValues: HeaderValues;
  readonly secrets: readonly Uint8Array[];
  readonly lead: SentLead;
  /** How long its answer is waited for at most, once a mail is sent. */
  readonly leftMs: number;
}

/** How one try went, and what the buyer said. */
export interface TriedHandover {
  readonly made: TryLogged;
  readonly verdict: Verdict | null;
  readonly reason: string | null;
  readonly failure: HandoverFailure | null;
  readonly retryAfterMs: number | null;
}

/** Makes single tries of handing leads over. Its parts never throw but for misuse. */
export class TryHandover {
  constructor(
    private readonly webhooks: WebhookSender,
    /** Null: no mail can be sent from here. */
    private readonly mails: MailSender | null,
    /** The machine's. */
    private readonly clock: Clock,
  ) {}

  async execute(toSend: LeadToSend): Promise<TriedHandover> {
    const { settings } = toSend;
    return settings.kind === 'WEBHOOK'
      ? await this.byWebhook(toSend, settings)
      : await this.byMail(toSend, settings);
  }

  async close(): Promise<void> {
    await this.webhooks.close();
    this.mails?.close();
  }

  private async byWebhook(
    { id, headerValues, secrets, lead }: LeadToSend,
    settings: WebhookSettings,
  ): Promise<TriedHandover> {
    const body = webhookBody(settings, lead);
    const made = await this.webhooks.send({ url: settings.url, id, body, secrets, headers: headerValues });
    const { status, retryAfterMs } = made;
    const judged =
      status === null
        ? { verdict: null, reason: null }
        : judgeAnswer(settings.answer, { status, text: made.answer }, personalTexts(lead));
    // A 2xx whose body broke off has not said what it means.
    const failure = judged.verdict === null ? (made.failure ?? 'BAD_ANSWER') : null;
    return { made: loggedOf(made, body), ...judged, failure, retryAfterMs };
  }

  private async byMail({ id, lead, leftMs }: LeadToSend, settings: EmailSettings): Promise<TriedHandover> {
    const { subject, text } = mailOf(settings, lead);
    const startedAt = this.clock.now();
    const none = { answerBytes: 0, answerStart: null, startedAt, bodyBytes: Buffer.byteLength(text) };
    if (!this.mails) {
      const made = { ...none, durationMs: 0, status: null };
      return { made, verdict: null, reason: null, failure: 'MAIL_OFF', retryAfterMs: null };
    }
    const { failure, status, durationMs } = await this.mails.send({
      to: settings.address,
      subject,
      text,
      id,
      answerWithinMs: leftMs,
    });
    const verdict = failure === null ? 'ACCEPTED' : null;
    return { made: { ...none, durationMs, status }, verdict, reason: null, failure, retryAfterMs: null };
  }
}

function loggedOf(made: WebhookTry, body: string): TryLogged {
  const { startedAt, durationMs, status, answerBytes, answerStart } = made;
  return { startedAt, durationMs, status, answerBytes, answerStart, bodyBytes: Buffer.byteLength(body) };
}
