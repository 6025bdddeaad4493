import { Pool } from 'undici';

/** A lead that the bench submitted. Times are in milliseconds since 1970. */
export interface Submitted {
  readonly externalId: string;
  /** When its time had come, whether or not a connection was free then. */
  readonly atMs: number;
}

/** What came of a load. */
export interface LoadResult {
  /** Those that were acknowledged as a new lead that is on its way to its buyer, or has reached it. */
  readonly acknowledged: readonly Submitted[];
  /** From the time that a request was due until it was answered. */
  readonly answerMs: readonly number[];
  readonly errors: number;
  /** An answer that was not as expected. */
  readonly example: string | undefined;
}

const tickMs = 5;
const taken = new Set(['ACCEPTED', 'SOLD']);
const answer = '{ lead { status } replayed userErrors { code } }';
const single = `mutation ($input: SubmitLeadInput!) { submitLead(input: $input) ${answer} }`;
const bulk = `mutation ($input: SubmitLeadsInput!) { submitLeads(input: $input) { results ${answer} userErrors { code } } }`;

interface LeadAnswer {
  readonly lead: { readonly status: string } | null;
  readonly replayed: boolean;
}

/** Sends leads to one API on behalf of one agency. Nobody is submitted twice, whatever leg it is. */
export class Leads {
  private persons = 0;
  private readonly pool: Pool;

  constructor(
    url: string,
    private readonly apiKey: string,
    private readonly now: () => number,
    /** Of whom no other object has submitted leads: 0 to 99. */
    private readonly block: number,
  ) {
    this.pool = new Pool(url, { connections: 128, pipelining: 1 });
  }

  /** So many leads a second for so long, one a request, each at its time whatever became of those before it. */
  async steadily(
    name: string,
    load: { readonly perSecond: number; readonly seconds: number },
  ): Promise<LoadResult> {
    const { perSecond, seconds } = load;
    const begunMs = this.now();
    const count = Math.round(perSecond * seconds);
    const tally = new Tally(this.now);
    const pending: Promise<void>[] = [];
    await new Promise<void>((resolve) => {
      const timer = setInterval(() => {
        while (pending.length < count && begunMs + (pending.length * 1_000) / perSecond <= this.now()) {
          const atMs = begunMs + (pending.length * 1_000) / perSecond;
          const lead = this.next(`${name}-${pending.length}`);
          pending.push(this.submitOne(lead, atMs, tally));
        }
        if (pending.length < count) return;
        clearInterval(timer);
        resolve();
      }, tickMs);
    });
    await Promise.all(pending);
    return tally;
  }

  /** As many as these as fast as they are taken, fifty a request. */
  async atOnce(name: string, count: number): Promise<LoadResult> {
    const tally = new Tally(this.now);
    const batches = Array.from({ length: Math.ceil(count / 50) }, (_, index) => index).values();
    const lane = async (): Promise<void> => {
      for (const batch of batches) {
        const size = Math.min(50, count - batch * 50);
        await this.submitMany(
          Array.from({ length: size }, (_, index) => this.next(`${name}-${batch * 50 + index}`)),
          tally,
        );
      }
    };
    await Promise.all([lane(), lane(), lane(), lane()]);
    return tally;
  }

  async close(): Promise<void> {
    await this.pool.close();
  }

  private async submitOne(lead: Lead, atMs: number, tally: Tally): Promise<void> {
    const { data, text } = await this.send<{ submitLead: LeadAnswer }>(single, { input: lead });
    tally.add([{ externalId: lead.externalId, atMs }], data ? [data.submitLead] : [], text);
  }

  private async submitMany(leads: readonly Lead[], tally: Tally): Promise<void> {
    const atMs = this.now();
    const submitted = leads.map(({ externalId }) => ({ externalId, atMs }));
    const { data, text } = await this.send<{ submitLeads: { results: readonly LeadAnswer[] } }>(bulk, {
      input: { leads },
    });
    tally.add(submitted, data?.submitLeads.results ?? [], text);
  }

  private async send<T>(
    query: string,
    variables: object,
  ): Promise<{ readonly data: T | undefined; readonly text: string }> {
    try {
      const { body } = await this.pool.request({
        method: 'POST',
        path: '/graphql',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${this.apiKey}` },
        body: JSON.stringify({ query, variables }),
      });
      const text = await body.text();
      return { data: (JSON.parse(text) as { readonly data?: T }).data, text };
    } catch (error) {
      return { data: undefined, text: String(error) };
    }
  }

  private next(externalId: string): Lead {
    this.persons += 1;
    const number = this.persons;
    return {
      externalId,
      vertical: 'solar',
      contact: {
        email: `${externalId}@example.com`,
        phone: `+1${2_000_000_000 + this.block * 10_000_000 + number}`,
        givenName: 'Ada',
        familyName: 'Lovelace',
        postalCode: '10001',
        country: 'US',
      },
      attributes: [
        { key: 'roof', value: 'tiles' },
        { key: 'monthlyBill', value: '184' },
        { key: 'owner', value: 'yes' },
      ],
      source: { channel: 'search', campaign: 'autumn', subId: `a-${number % 50}` },
      consent: {
        text: 'I agree to be contacted about solar offers by phone and e-mail.',
        // An hour ago: a consent of long ago makes a lead wait for somebody to look at it.
        capturedAt: new Date(this.now() - 3_600_000).toISOString(),
        ip: '203.0.113.7',
        certificateUrl: `https://certificates.example/${number}`,
      },
      score: 71,
    };
  }
}

interface Lead {
  readonly externalId: string;
  readonly [field: string]: unknown;
}

class Tally implements LoadResult {
  readonly acknowledged: Submitted[] = [];
  readonly answerMs: number[] = [];
  errors = 0;
  example: string | undefined;

  constructor(private readonly now: () => number) {}

  add(submitted: readonly Submitted[], answers: readonly LeadAnswer[], text: string): void {
    const now = this.now();
    submitted.forEach((lead, index) => {
      this.answerMs.push(now - lead.atMs);
      const answered = answers[index];
      if (answered?.lead && taken.has(answered.lead.status) && !answered.replayed)
        this.acknowledged.push(lead);
      else {
        this.errors += 1;
        this.example ??= text.slice(0, 300);
      }
    });
  }
}
