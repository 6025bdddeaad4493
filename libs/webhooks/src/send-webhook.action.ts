import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { Clock } from '#calendar';
import { isInsideTransaction } from '#database';
import { invariant } from '#outcome';
import { buildConnector, Pool } from 'undici';
import { type AddressPolicy, refusalOfPeer } from './address-policy.js';
import { readRetryAfter } from './retry.js';
import { signWebhook } from './signature.js';
import type { ResolvedTarget, Targets } from './targets.js';

/** Why a try failed. */
export const webhookFailures = [
  'ADDRESS_REFUSED',
  'UNRESOLVED',
  'CONNECTION',
  'TLS',
  'TIMEOUT',
  'REDIRECT',
  'STATUS',
  'GONE',
  'BAD_ANSWER',
  'TOO_LARGE',
] as const;
export type WebhookFailure = (typeof webhookFailures)[number];

export interface WebhookMessage {
  readonly url: string;
  /** The same at every try. */
  readonly id: string;
  readonly body: string;
  /** Those that are right at the moment; each signs. */
  readonly secrets: readonly Uint8Array[];
  /** Beside those of every message, which they cannot replace; names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** How one try went. */
export interface WebhookTry {
  readonly startedAt: Date;
  readonly durationMs: number;
  /** Null: it arrived, which is any status of 2xx. */
  readonly failure: WebhookFailure | null;
  /** Null: there was no answer. */
  readonly status: number | null;
  readonly retryAfterMs: number | null;
  /** SHA-256, 32 bytes. */
  readonly bodyHash: Buffer;
  /** Bytes of the answer that were read: at most 64 kB. */
  readonly answerBytes: number;
  /** The first 2 kB of the answer as text. It may hold a person's data: it is for samples, and kept for those alone. */
  readonly answerStart: string;
  /**
   * The whole of the answer as it came; where it was longer than 64 kB or is no UTF-8, its beginning if that shows that it is no
   * JSON. Null otherwise, and when it did not end. Never kept.
   */
  readonly answer: string | null;
}

/** The longest body, in bytes. */
export const longestBodyBytes = 65_536;
const longestAnswerBytes = 65_536;
const answerStartBytes = 2_048;
const tryTimeoutMs = 15_000;
const connectTimeoutMs = 5_000;
/** From the status line on, where the body is not waited for. */
const bodyTimeoutMs = 1_000;
const idleMs = 30_000;
const maxPools = 500;

/** Sends webhooks: to checked and pinned addresses only, without following anything, bounded in bytes and time. */
export class WebhookSender {
  private readonly pools = new Map<string, Pool>();

  constructor(
    private readonly targets: Targets,
    private readonly clock: Clock,
    private readonly timeoutMs = tryTimeoutMs,
    /** From the status line on; never beyond the time of the whole try. */
    private readonly bodyMs = bodyTimeoutMs,
  ) {}

  /** Makes one try. Never throws but for misuse: whatever happens is told in the answer. */
  async send(message: WebhookMessage): Promise<WebhookTry> {
    invariant(!isInsideTransaction(), 'a webhook is sent inside a transaction');
    const startedAt = this.clock.now();
    const begun = performance.now();
    const requestHeaders = webhookHeaders(message.id, startedAt);
    const timestampSeconds = secondsOf(startedAt);
    const signature = signWebhook({ ...message, timestampSeconds }, message.secrets);
    const answer = await this.exchange(message, {
      ...message.headers,
      ...requestHeaders,
      'webhook-signature': signature,
    });
    return {
      ...nothing,
      ...answer,
      retryAfterMs: readRetryAfter(answer.retryAfter, startedAt),
      startedAt,
      durationMs: Math.round(performance.now() - begun),
      bodyHash: createHash('sha256').update(message.body).digest(),
    };
  }

  /** Closes every connection, and breaks off what is still being sent. */
  async close(): Promise<void> {
    const pools = [...this.pools.values()];
    this.pools.clear();
    await Promise.all(pools.map((pool) => pool.destroy()));
  }

  private async exchange({ url, body }: WebhookMessage, headers: Record<string, string>): Promise<Answer> {
    if (Buffer.byteLength(body) > longestBodyBytes) return { failure: 'TOO_LARGE' };
    const signal = AbortSignal.timeout(this.timeoutMs);
    try {
      const target = await this.targets.find(url);
      if (target === 'UNRESOLVED') return { failure: 'UNRESOLVED' };
      if (typeof target === 'string') return { failure: 'ADDRESS_REFUSED' };
      const response = await this.poolOf(target).request({
        method: 'POST',
        path: `${target.url.pathname}${target.url.search}`,
        headers,
        body,
        signal,
      });
      const { statusCode: status, headers: answered } = response;
      // The status line has said it; a body that never ends does not make it undone.
      const read = await readStart(response.body, this.bodyMs);
      const retryAfter = answered['retry-after'];
      return {
        ...read,
        status,
        failure: failureOf(status),
        ...(typeof retryAfter === 'string' && { retryAfter }),
      };
    } catch (error) {
      return { failure: signal.aborted ? 'TIMEOUT' : failureOfError(error) };
    }
  }

  /** Connections are shared by tries to the same host at the same addresses; to others nothing can be sent through them. */
  private poolOf(target: ResolvedTarget): Pool {
    const key = `${target.url.origin} ${[...target.addresses].sort().join(' ')}`;
    const known = this.pools.get(key);
    this.pools.delete(key);
    const pool = known ?? pinnedPool(target, this.targets.policy, this.bodyMs);
    // Last in the map is last used.
    this.pools.set(key, pool);
    const [oldest] = this.pools;
    if (this.pools.size > maxPools && oldest) {
      this.pools.delete(oldest[0]);
      oldest[1].close().catch(() => undefined);
    }
    return pool;
  }
}

/** The headers of a try but for the signature, by which a message could be sent again. */
export function webhookHeaders(id: string, startedAt: Date): Readonly<Record<string, string>> {
  return {
    'content-type': 'application/json',
    'user-agent': 'Leadger-Webhooks/1',
    'webhook-id': id,
    'webhook-timestamp': String(secondsOf(startedAt)),
  };
}

function secondsOf(instant: Date): number {
  return Math.floor(instant.getTime() / 1_000);
}

interface Answer {
  readonly failure: WebhookFailure | null;
  readonly status?: number;
  readonly retryAfter?: string;
  readonly answerBytes?: number;
  readonly answerStart?: string;
  readonly answer?: string | null;
}

const nothing = { status: null, answerBytes: 0, answerStart: '', answer: null };

class PeerRefused extends Error {
  override name = 'PeerRefused';
}

/**
 * Connects to the checked addresses and no other: the name is not resolved again, so that it cannot mean something else a
 * moment later. TLS and the Host header still go by the name. The far end of every connection is looked at once more.
 */
function pinnedPool({ url, addresses }: ResolvedTarget, policy: AddressPolicy, bodyMs: number): Pool {
  const pinned = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  const connect = buildConnector({
    timeout: connectTimeoutMs,
    autoSelectFamily: true,
    lookup: (_host, options, callback) => {
      const [first] = pinned;
      if (options.all === true) callback(null, pinned);
      else callback(null, first?.address ?? '', first?.family ?? 4);
    },
  });
  const checked: buildConnector.connector = (options, callback) => {
    connect(options, (error, socket) => {
      if (error) return callback(error, null);
      if (refusalOfPeer(socket.remoteAddress ?? '', policy) === null) return callback(null, socket);
      socket.destroy();
      return callback(new PeerRefused('the address of a connection is not allowed'), null);
    });
  };
  return new Pool(url.origin, {
    connect: checked,
    connections: 64,
    pipelining: 1,
    keepAliveTimeout: 4_000,
    keepAliveMaxTimeout: idleMs,
    headersTimeout: tryTimeoutMs,
    bodyTimeout: bodyMs,
    maxHeaderSize: 16_384,
    allowH2: false,
  });
}

type Body = AsyncIterable<Buffer> & { destroy(): void };

/** Reads no more than the limit, and gives up on a body that lasts or breaks. */
async function readStart(
  body: Body,
  withinMs: number,
): Promise<Pick<WebhookTry, 'answerBytes' | 'answerStart' | 'answer'>> {
  const kept: Buffer[] = [];
  let answerBytes = 0;
  let isBroken = true;
  const enough = setTimeout(() => body.destroy(), withinMs);
  try {
    for await (const chunk of body) {
      kept.push(chunk);
      answerBytes += chunk.length;
      if (answerBytes > longestAnswerBytes) break;
    }
    isBroken = false;
  } catch {
    // The status is known, and what has come of the body is enough.
  } finally {
    clearTimeout(enough);
    body.destroy();
  }
  const all = Buffer.concat(kept);
  const start = all.subarray(0, answerStartBytes).toString('utf8');
  // What cannot be stored or shown is left out.
  return {
    answerBytes: Math.min(answerBytes, longestAnswerBytes),
    answerStart: start.replaceAll(/[^\P{Cc}\n\t]|\p{Cs}/gu, ''),
    answer: isBroken ? null : answerOf(all),
  };
}

/** Of what begins as no JSON does, nobody needs the rest. Text of two bytes a letter may be JSON. */
function answerOf(all: Buffer): string | null {
  if (all.length <= longestAnswerBytes && isUtf8(all)) return all.toString('utf8');
  const start = all.subarray(0, answerStartBytes).toString('utf8');
  return /^[{["]/.test(start.trim()) || all.includes(0) ? null : start;
}

function failureOf(status: number): WebhookFailure | null {
  if (status >= 200 && status < 300) return null;
  if (status === 410) return 'GONE';
  return status >= 300 && status < 400 ? 'REDIRECT' : 'STATUS';
}

function failureOfError(error: unknown): WebhookFailure {
  if (error instanceof PeerRefused) return 'ADDRESS_REFUSED';
  // Errors of the parser of answers have a name and no code.
  const { code = '', name = '' } = (error ?? {}) as { readonly code?: string; readonly name?: string };
  if (/TIMEOUT|ETIMEDOUT/.test(code)) return 'TIMEOUT';
  if (/CERT|TLS|SSL|EPROTO|ALTNAME|SELF_SIGNED|UNABLE_TO_/.test(code)) return 'TLS';
  if (name === 'HTTPParserError' || /HEADERS_OVERFLOW|UND_ERR_RES/.test(code)) return 'BAD_ANSWER';
  return 'CONNECTION';
}
