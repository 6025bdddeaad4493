import { isInsideTransaction } from '#database';
import { invariant } from '#outcome';
import { createTransport, type Transporter } from 'nodemailer';
import type { HandoverFailure } from './next-step.js';

/** A mail to one address. */
export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  /** The same at every try, so that a mailbox shows it once. ASCII without spaces. */
  readonly id: string;
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

/** Hands mail in at a server. */
export class MailSender {
  private readonly transporter: Transporter;

  constructor(
    private readonly settings: MailSettings,
    private readonly timeoutMs: number,
  ) {
    this.transporter = createTransport({
      url: settings.smtpUrl,
      pool: true,
      // What waits in the pool is sent even after its try was given up: let little wait.
      maxConnections: 20,
      maxMessages: 200,
      connectionTimeout: timeoutMs,
      greetingTimeout: timeoutMs,
      socketTimeout: timeoutMs,
      dnsTimeout: timeoutMs,
      // A mail has what we put into it: nothing is read from files or addresses that stand in it.
      disableFileAccess: true,
      disableUrlAccess: true,
    });
  }

  /** Makes one try. Never throws but for misuse: whatever happens is told in the answer. */
  async send({ to, subject, text, id }: Mail): Promise<MailTry> {
    invariant(!isInsideTransaction(), 'a mail is sent inside a transaction');
    const begun = performance.now();
    const domain = this.settings.from.slice(this.settings.from.lastIndexOf('@') + 1);
    const late = new AbortController();
    try {
      const sent = this.transporter.sendMail({
        from: this.settings.from,
        to: { name: '', address: to },
        // Line breaks in it would begin another header; the library folds them, and there are none to begin with.
        subject: subject.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').slice(0, longestSubject),
        text,
        messageId: `<${id}@${domain}>`,
        headers: { 'auto-submitted': 'auto-generated', 'x-leadger-delivery': id },
      });
      const response = await Promise.race([
        sent.then(({ response }) => response),
        afterMs(this.timeoutMs, late.signal),
      ]);
      if (response === undefined) {
        // It may still be taken: whatever comes of it, the next try has the same Message-ID.
        sent.catch(() => undefined);
        return { durationMs: since(begun), failure: 'TIMEOUT', status: null };
      }
      return { durationMs: since(begun), failure: null, status: statusOf(response) };
    } catch (error) {
      return { durationMs: since(begun), ...failureOf(error) };
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
function failureOf(error: unknown): Pick<MailTry, 'failure' | 'status'> {
  const { code = '', responseCode } = (error ?? {}) as {
    readonly code?: string;
    readonly responseCode?: number;
  };
  if (responseCode !== undefined && responseCode >= 500)
    return { failure: 'MAIL_REFUSED', status: responseCode };
  if (responseCode !== undefined) return { failure: 'MAIL_DEFERRED', status: responseCode };
  if (code === 'ETIMEDOUT') return { failure: 'TIMEOUT', status: null };
  if (code === 'ETLS') return { failure: 'TLS', status: null };
  if (code === 'EDNS') return { failure: 'UNRESOLVED', status: null };
  return { failure: 'CONNECTION', status: null };
}
