import { createHmac } from 'node:crypto';
import { notificationOf } from './events.js';
import { type DeliveryRow, type EndpointRow } from './tables.js';
import { type World } from './world.js';

export interface DeliveryRule {
  /** Event types, with `*` at the end for anything; without, all. */
  readonly types?: readonly string[];
  /** How many deliveries meet it; 1, unless told. */
  readonly count?: number;
}

interface ActiveRule extends DeliveryRule {
  readonly action: 'drop' | 'double' | 'delay';
  readonly left: number;
  readonly delayMs: number;
}

const answerTimeoutMs = 10_000;
const minute = 60_000;
/** Virtual time until the next try after each that failed: three days in all. */
const retryAfterMs = [5, 30, 120, 300, 600, 600, 720, 720, 720, 720].map((minutes) => minutes * minute);

/** `t=…,v1=…`: what the SDK's `constructEvent` checks a body against. */
export function signatureOf(payload: string, secret: string, seconds: number): string {
  const signature = createHmac('sha256', secret).update(`${seconds}.${payload}`).digest('hex');
  return `t=${seconds},v1=${signature}`;
}

/** The text that is sent for an event. */
export function payloadOf(world: World, eventId: string): string | undefined {
  const thin = world.store.get('thin_events', eventId);
  const event = thin ? notificationOf(thin) : world.store.get('events', eventId);
  return event && JSON.stringify(event, null, 2);
}

/** Delivers what waits, one after the other, in the order in which it happened, unless it is told otherwise. */
export class Webhooks {
  private rules: ActiveRule[] = [];
  private isPaused = false;
  private isStopped = false;
  private readonly ruled = new Set<string>();
  private pump: Promise<void> = Promise.resolve();
  private isPumping = false;

  constructor(
    private readonly world: World,
    private readonly save: () => void,
  ) {}

  /** Starts on what waits; returns at once. */
  kick(): void {
    if (this.isPaused || this.isStopped || this.isPumping || !this.nextWaiting()) return;
    this.isPumping = true;
    this.pump = this.run().finally(() => {
      this.isPumping = false;
    });
  }

  /** Resolves when nothing is left that could be delivered now. */
  async settled(): Promise<void> {
    for (;;) {
      this.kick();
      await this.pump;
      if (this.isPaused || this.isStopped || !this.nextWaiting()) return;
    }
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
    this.kick();
  }

  stop(): Promise<void> {
    this.isStopped = true;
    return this.pump;
  }

  drop(rule: DeliveryRule): void {
    this.rules.push({ ...rule, action: 'drop', left: rule.count ?? 1, delayMs: 0 });
  }

  /** Each is delivered twice. */
  double(rule: DeliveryRule): void {
    this.rules.push({ ...rule, action: 'double', left: rule.count ?? 1, delayMs: 0 });
  }

  /** `ms` of virtual time. */
  delay(rule: DeliveryRule & { readonly ms: number }): void {
    this.rules.push({ ...rule, action: 'delay', left: rule.count ?? 1, delayMs: rule.ms });
  }

  clearRules(): void {
    this.rules = [];
  }

  waiting(): readonly DeliveryRow[] {
    return this.world.store.all('deliveries');
  }

  /** Sends these now, in this order, paused or not; resolves with what the endpoints answered. */
  async release(ids: readonly string[]): Promise<readonly (number | string)[]> {
    const answers: (number | string)[] = [];
    for (const id of ids) {
      const row = this.world.store.get('deliveries', id);
      answers.push(row ? await this.attempt(row) : 'not waiting');
    }
    return answers;
  }

  /** Sends an event again to every endpoint of its kind, like the button in Stripe's dashboard. */
  async redeliver(eventId: string): Promise<readonly (number | string)[]> {
    const { store } = this.world;
    const isThin = store.get('thin_events', eventId) !== undefined;
    const endpoints = store.all('endpoints').filter(({ payload }) => (payload === 'thin') === isThin);
    return Promise.all(endpoints.map((endpoint) => this.post(endpoint, eventId)));
  }

  private async run(): Promise<void> {
    for (;;) {
      const row = this.isPaused || this.isStopped ? undefined : this.nextWaiting();
      if (!row) return;
      const rule = this.ruleFor(row);
      if (rule?.action === 'drop') this.finish(row, 'dropped');
      else if (rule?.action === 'delay') {
        const notBeforeMs = this.world.clock.nowMs() + rule.delayMs;
        this.world.store.change('deliveries', row.id, { notBeforeMs });
      } else {
        const endpoint = this.world.store.get('endpoints', row.endpoint);
        if (rule?.action === 'double' && endpoint) await this.post(endpoint, row.event);
        await this.attempt(row);
      }
      this.save();
    }
  }

  private nextWaiting(): DeliveryRow | undefined {
    const now = this.world.clock.nowMs();
    for (const row of this.world.store.values('deliveries')) if (row.notBeforeMs <= now) return row;
    return undefined;
  }

  /** A rule applies to the first try of a delivery. */
  private ruleFor(row: DeliveryRow): ActiveRule | undefined {
    if (this.ruled.has(row.id)) return undefined;
    this.ruled.add(row.id);
    const index = this.rules.findIndex(({ types }) => types === undefined || types.some(fits(row.type)));
    const rule = this.rules[index];
    if (!rule) return undefined;
    if (rule.left > 1) this.rules[index] = { ...rule, left: rule.left - 1 };
    else this.rules.splice(index, 1);
    return rule;
  }

  private async attempt(row: DeliveryRow): Promise<number | string> {
    const { store, clock } = this.world;
    const endpoint = store.get('endpoints', row.endpoint);
    if (!endpoint?.isEnabled) {
      this.finish(row, 'dropped');
      return 'no endpoint';
    }
    const status = await this.post(endpoint, row.event);
    const before = store.get('deliveries', row.id);
    // It may have been released by hand meanwhile.
    if (!before) return status;
    const attempts = [...before.attempts, { atMs: clock.nowMs(), status }];
    const tried = store.change('deliveries', row.id, { attempts });
    if (typeof status === 'number' && status >= 200 && status < 300) this.finish(tried, 'delivered');
    else {
      const wait = retryAfterMs[attempts.length - 1];
      if (wait === undefined) this.finish(tried, 'failed');
      else store.change('deliveries', row.id, { notBeforeMs: clock.nowMs() + wait });
    }
    this.save();
    return status;
  }

  private finish(row: DeliveryRow, state: DeliveryRow['state']): void {
    this.world.store.remove('deliveries', row.id);
    this.world.store.add('delivered', { ...row, state });
    this.ruled.delete(row.id);
  }

  private async post(endpoint: EndpointRow, eventId: string): Promise<number | string> {
    const payload = payloadOf(this.world, eventId);
    if (payload === undefined) return 'no event';
    const { clock, settings } = this.world;
    const ms = settings.signatureTime === 'real' ? clock.realMs() : clock.nowMs();
    try {
      const answer = await fetch(endpoint.url, {
        method: 'POST',
        body: payload,
        redirect: 'manual',
        signal: AbortSignal.timeout(answerTimeoutMs),
        headers: {
          'content-type': 'application/json; charset=utf-8',
          'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
          'stripe-signature': signatureOf(payload, endpoint.secret, Math.floor(ms / 1000)),
        },
      });
      await answer.arrayBuffer();
      return answer.status;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
}

function fits(type: string): (wanted: string) => boolean {
  return (wanted) => (wanted.endsWith('*') ? type.startsWith(wanted.slice(0, -1)) : type === wanted);
}
