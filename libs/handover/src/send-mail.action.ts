import { Readable } from 'node:stream';
import { isInsideTransaction } from '#database';
import { invariant } from '#outcome';
import { createTransport, type SendMailOptions, type Transporter } from 'nodemailer';
import type { HandoverFailure } from './next-step.js';

/** A mail to one address. */
export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  /** The same at every try, so that a mailbox shows it once. ASCII without spaces. */
  readonly id: string;
  /** How long the server may take to answer after it has the whole mail, if that is less than it has anyway. */
  readonly answerWithinMs?: number;
}

/** How one try of sending a mail went. */
export interface MailTry {
  readonly durationMs: number;
  /** Null: the server has taken the mail. */
  readonly failure: HandoverFailure | null;
  /** What the server answered last, such as 250; null: there was no answer. */
  readonly status: number | null;
}

/** Where mail is handed in, and whom it is from. */
export interface MailSettings {
  readonly smtpUrl: string;
  /** An address. */
  readonly from: string;
}

/** How long a try may take. */
export interface MailTimes {
  /** Until the whole mail is sent. */
  readonly sendMs: number;
  /** From then until the server's answer. */
  readonly answerMs: number;
}

/** How far a mail has come. */
class Progress {
  isWhole = false;
  isGivenUp = false;

  /** What is sent is read from here, and not before the server wants it. */
  async *watch(message: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of message) {
      this.proceed();
      yield chunk;
    }
    this.proceed();
    // What follows is the dot by which a server knows that it has all.
    this.isWhole = true;
  }

  /** Whoever gave it up sends it again: it must not go out from here as well. */
  private proceed(): void {
    if (this.isGivenUp) throw new Error('the mail was given up');
  }
}

interface WatchedMail extends SendMailOptions {
  readonly progress?: Progress;
}

/** Hands mail in at a server. */
export class MailSender {
  private readonly transporter: Transporter;

  constructor(
    private readonly settings: MailSettings,
    private readonly times: MailTimes,
  ) {
    const { sendMs: timeoutMs, answerMs } = times;
    this.transporter = createTransport({
      url: settings.smtpUrl,
      pool: true,
      maxConnections: 20,
      maxMessages: 200,
      connectionTimeout: timeoutMs,
      greetingTimeout: timeoutMs,
      socketTimeout: timeoutMs + answerMs,
      dnsTimeout: timeoutMs,
      // A mail has what we put into it: nothing is read from files or addresses that stand in it.
      disableFileAccess: true,
      disableUrlAccess: true,
    });
    this.transporter.use('stream', ({ data, message }, next) => {
      const { progress } = data as WatchedMail;
      if (progress) message.processFunc((input) => Readable.from(progress.watch(input)));
      next();
    });
  }

  /**
   * Makes one try. Never throws but for misuse: whatever happens is told in the answer. MAIL_UNANSWERED: the server has the whole
   * mail and did not say whether it takes it, so nobody knows.
   */
  async send({ to, subject, text, id, answerWithinMs = Infinity }: Mail): Promise<MailTry> {
    invariant(!isInsideTransaction(), 'a mail is sent inside a transaction');
    const begun = performance.now();
    const domain = this.settings.from.slice(this.settings.from.lastIndexOf('@') + 1);
    const late = new AbortController();
    const progress = new Progress();
    try {
      const mail: WatchedMail = {
        progress,
        from: this.settings.from,
        to: { name: '', address: to },
        // Line breaks in it would begin another header; the library folds them, and there are none to begin with.
        subject: subject.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').slice(0, longestSubject),
        text,
        messageId: `<${id}@${domain}>`,
        headers: { 'auto-submitted': 'auto-generated', 'x-leadger-delivery': id },
      };
      const sent: Promise<string> = this.transporter.sendMail(mail).then(({ response = '' }) => response);
      // Nobody may be there to hear of it.
      sent.catch(() => undefined);
      const { sendMs, answerMs } = this.times;
      let response = await Promise.race([sent, afterMs(sendMs, late.signal)]);
      if (response === undefined && progress.isWhole)
        response = await Promise.race([sent, afterMs(Math.min(answerMs, answerWithinMs), late.signal)]);
      if (response === undefined) {
        progress.isGivenUp = true;
        const failure = progress.isWhole ? 'MAIL_UNANSWERED' : 'TIMEOUT';
        return { durationMs: since(begun), failure, status: null };
      }
      return { durationMs: since(begun), failure: null, status: statusOf(response) };
    } catch (error) {
      return { durationMs: since(begun), ...failureOf(error, progress) };
    } finally {
      late.abort();
    }
  }

  close(): void {
    this.transporter.close();
  }
}

const longestSubject = 250;

async function afterMs(ms: number, signal: AbortSignal): Promise<undefined> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
  return undefined;
}

function since(begun: number): number {
  return Math.round(performance.now() - begun);
}

function statusOf(response: string): number | null {
  const [, code] = /^(\d{3})\b/.exec(response) ?? [];
  return code === undefined ? null : Number(code);
}

/** 5xx is a definite no to this mail or this address; 4xx and everything of the connection may pass. */
function failureOf(error: unknown, { isWhole }: Progress): Pick<MailTry, 'failure' | 'status'> {
  const { code = '', responseCode } = (error ?? {}) as {
    readonly code?: string;
    readonly responseCode?: number;
  };
  if (responseCode !== undefined && responseCode >= 500)
    return { failure: 'MAIL_REFUSED', status: responseCode };
  if (responseCode !== undefined) return { failure: 'MAIL_DEFERRED', status: responseCode };
  // The connection broke before the answer.
  if (isWhole) return { failure: 'MAIL_UNANSWERED', status: null };
  if (code === 'ETIMEDOUT') return { failure: 'TIMEOUT', status: null };
  if (code === 'ETLS') return { failure: 'TLS', status: null };
  if (code === 'EDNS') return { failure: 'UNRESOLVED', status: null };
  return { failure: 'CONNECTION', status: null };
}
