import { invariant } from '#outcome';

/** A message box of ours: what it is told, and of whose events. */
interface Endpoint {
  readonly id: string;
  readonly url: string;
  readonly secret: string;
  readonly scope: 'platform' | 'connect' | 'both';
  readonly payload: 'snapshot' | 'thin';
}

/** The endpoints that an operator makes at Stripe: own events, those of connected accounts, and those of API v2. */
const wanted = [
  { scope: 'platform', payload: 'snapshot' },
  { scope: 'connect', payload: 'snapshot' },
  { scope: 'both', payload: 'thin' },
] as const satisfies readonly Pick<Endpoint, 'scope' | 'payload'>[];

const timeoutMs = 10_000;

/** What can be done to apps/stripe-sandbox beside Stripe's own API. Everything throws when it does not answer. */
export class StripeSandboxControl {
  /** `url` without a slash at its end. */
  constructor(private readonly url: string) {}

  /** Milliseconds by which it is ahead of real time. */
  async clockOffset(): Promise<number> {
    return (await this.call<{ offsetMs: number }>('clock')).offsetMs;
  }

  /** Does at once what that makes due there. */
  async setClockOffset(offsetMs: number): Promise<void> {
    await this.call('setClockOffset', { offsetMs });
  }

  /** Which sandbox it is: made up once for each state, and kept with it. */
  async seed(): Promise<string> {
    const rows = await this.call<readonly { id: string; value: unknown }[]>('rows', { table: 'meta' });
    const seed = rows.find(({ id }) => id === 'seed')?.value;
    invariant(typeof seed === 'string' && /^\w{1,64}$/.test(seed), 'the Stripe sandbox has no seed');
    return seed;
  }

  /** Whether webhooks were registered, which is the first thing that is done to a new one. */
  async isUsed(): Promise<boolean> {
    return (await this.endpoints()).length > 0;
  }

  /** Has its events sent to `url`, signed with `secret`; what was registered earlier is led there, not doubled. */
  async registerWebhooks({ url, secret }: { readonly url: string; readonly secret: string }): Promise<void> {
    const known = (await this.endpoints()).filter((endpoint) => endpoint.secret === secret);
    for (const each of wanted) {
      const found = known.find(({ scope, payload }) => scope === each.scope && payload === each.payload);
      if (!found) await this.call('registerEndpoint', { ...each, url, secret });
      else if (found.url !== url) await this.moveEndpoint(found.id, url);
    }
  }

  private async endpoints(): Promise<readonly Endpoint[]> {
    return await this.call('rows', { table: 'endpoints' });
  }

  private async moveEndpoint(id: string, to: string): Promise<void> {
    await this.post(`/v1/webhook_endpoints/${id}`, {
      body: new URLSearchParams({ url: to }).toString(),
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        authorization: 'Bearer sk_test_sandbox',
      },
    });
  }

  private async call<T>(name: string, params: object = {}): Promise<T> {
    const response = await this.post(`/_sandbox/${name}`, {
      body: JSON.stringify(params),
      headers: { 'content-type': 'application/json' },
    });
    return (await response.json()) as T;
  }

  private async post(path: string, request: Pick<RequestInit, 'body' | 'headers'>): Promise<Response> {
    const signal = AbortSignal.timeout(timeoutMs);
    const response = await fetch(`${this.url}${path}`, { ...request, method: 'POST', signal });
    if (!response.ok) throw new Error(`the Stripe sandbox answers ${path} with ${response.status}`);
    return response;
  }
}
