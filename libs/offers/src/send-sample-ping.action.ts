import type { Clock } from '#calendar';
import { Database, newId } from '#database';
import type { ShowId } from '#events';
import type { Actor } from '#organizations';
import { done, type Outcome, refuse } from '#outcome';
import type { BidOutcome } from '#routing';
import { type LeadAttribute, VerticalQueries } from '#verticals';
import { Inject, Injectable } from '@nestjs/common';
import { AskBuyers, type BidAnswered } from './ask-buyers.action.js';
import { ManagePingAddress, noAddress, type PingAddressInput } from './manage-ping-address.action.js';
import { PingAddressStore } from './ping-address.store.js';

/** How a made-up ping was answered. OTHER_CURRENCY: a bid that would not count, since the contract's price is in another. */
export interface SampleAnswered extends Omit<BidAnswered, 'outcome'> {
  readonly outcome: BidOutcome | 'OTHER_CURRENCY';
}

/** `answer` is null in a replay: nothing was sent then. */
export interface SamplePinged {
  readonly contractId: string;
  readonly answer: SampleAnswered | null;
  readonly replayed: boolean;
}

/** Tries a ping address out. */
@Injectable()
export class SendSamplePing {
  constructor(
    private readonly manage: ManagePingAddress,
    private readonly database: Database,
    private readonly addresses: PingAddressStore,
    private readonly verticals: VerticalQueries,
    private readonly askBuyers: AskBuyers,
    @Inject('Clock') private readonly clock: Clock,
    @Inject('ShowId') private readonly showId: ShowId,
  ) {}

  /**
   * Sends a made-up ping (`test: true`) at once and tells how its answer is read; nothing is kept of it. Refuses NOT_FOUND,
   * ILLEGAL_TRANSITION without an address, and NOT_PERMITTED for another's.
   */
  async execute(actor: Actor, input: PingAddressInput): Promise<Outcome<SamplePinged>> {
    const found = await this.addresses.contract(this.database, actor, input.contractId, { hold: false });
    const attributes = found ? await this.sampleOf(found.vertical) : [];
    const acted = await this.manage.act(actor, 'sendSamplePing', input, async (_tx, contract) => {
      const field = ['input', 'contractId'];
      if (!contract.address) return refuse('ILLEGAL_TRANSITION', { field, message: noAddress });
      if (contract.buyerId !== actor.organizationId)
        return refuse('NOT_PERMITTED', { message: 'Only the buyer of a contract tries its address out.' });
      return await Promise.resolve(done({}));
    });
    if (!acted.ok) return acted;
    if (acted.value.replayed || !found) return done({ ...acted.value, answer: null });
    const { agencyId, contractId, buyerId, vertical, currency, baseRateMinor } = found;
    const address = (await this.addresses.signed([{ agencyId, contractId }])).get(contractId) ?? null;
    const nobody = newId();
    const facts = {
      pingId: this.showId('leadOffer', nobody),
      leadId: this.showId('lead', nobody),
      contractId: this.showId('contract', contractId),
      ...{
        vertical,
        test: true,
        country: 'US',
        postalCode: '10001',
        attributes,
        channel: 'sample',
        score: 50,
      },
    };
    const asked = { contractId, buyerId, baseRateMinor, address, facts };
    const [answer] = await this.askBuyers.execute([asked], this.clock.now());
    if (answer?.outcome !== 'BID' || answer.currency === currency)
      return done({ ...acted.value, answer: answer ?? null });
    return done({ ...acted.value, answer: { ...answer, outcome: 'OTHER_CURRENCY' } });
  }

  private async sampleOf(vertical: string): Promise<{ readonly key: string; readonly value: string }[]> {
    const [found] = await this.verticals.byKeys([vertical]);
    if (!found || found.schemaVersion === null) return [];
    const [schema] = await this.verticals.schemas([{ vertical, version: found.schemaVersion }]);
    return (schema?.attributes ?? [])
      .filter(({ personal }) => !personal)
      .map((attribute) => ({ key: attribute.key, value: exampleOf(attribute) }));
  }
}

function exampleOf({ type, example, min, values }: LeadAttribute): string {
  if (example !== null) return example;
  if (type === 'ENUM') return values[0] ?? '';
  if (type === 'BOOLEAN') return 'true';
  if (type === 'DATE') return min ?? '2026-01-31';
  return type === 'TEXT' ? 'sample' : (min ?? '1');
}
