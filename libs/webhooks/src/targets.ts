import type { Clock } from '#calendar';
import { type AddressPolicy, refusalOfAddress } from './address-policy.js';
import type { Resolve } from './dns.js';
import { isLocalName, readTarget, type Target, type TargetRefusal } from './target-url.js';

/** A URL with the addresses that it may be sent to, and no other. */
export interface ResolvedTarget extends Target {
  readonly addresses: readonly string[];
}

const longestKeptMs = 60_000;
const maxKept = 5_000;

/** Finds out where a URL leads, and whether a webhook may go there: when it is saved and again before every try. */
export class Targets {
  private readonly kept = new Map<
    string,
    { readonly addresses: readonly string[]; readonly until: number }
  >();

  constructor(
    readonly policy: AddressPolicy,
    private readonly resolve: Resolve,
    private readonly clock: Clock,
  ) {}

  /** Goes over the network for a name whose addresses are not known or have run out. Never throws. */
  async find(text: string): Promise<ResolvedTarget | TargetRefusal> {
    const target = readTarget(text, this.policy);
    if (typeof target === 'string') return target;
    const addresses = await this.addressesOf(target);
    if (addresses.length === 0) return 'UNRESOLVED';
    // One address of several that may not be used is enough: whoever owns the name put it there.
    const refusals = addresses.map((address) => refusalOfAddress(address, this.policy));
    const refusal = refusals.find((each) => each !== null) ?? null;
    if (refusal !== null) return refusal;
    // A name that is not of this machine must not come to it, nor do without TLS there.
    if (!isLocalTarget(target, this.policy)) {
      const strict = addresses.map((address) => refusalOfAddress(address, { loopbackAllowed: false }));
      const notPublic = strict.find((each) => each !== null) ?? null;
      if (notPublic !== null) return notPublic;
    }
    return { ...target, addresses };
  }

  private async addressesOf({ host, isAddress }: Target): Promise<readonly string[]> {
    if (isAddress) return [host];
    if (isLocalName(host)) return ['127.0.0.1', '::1'];
    const now = this.clock.now().getTime();
    const known = this.kept.get(host);
    if (known && known.until > now) return known.addresses;
    try {
      const { addresses, ttlMs } = await this.resolve(host);
      if (this.kept.size >= maxKept) this.kept.clear();
      this.kept.set(host, { addresses, until: now + Math.min(ttlMs, longestKeptMs) });
      return addresses;
    } catch {
      this.kept.delete(host);
      return [];
    }
  }
}

function isLocalTarget({ host, isAddress }: Target, { loopbackAllowed }: AddressPolicy): boolean {
  if (!loopbackAllowed) return false;
  return (
    isLocalName(host) || (isAddress && refusalOfAddress(host, { loopbackAllowed: false }) === 'LOOPBACK')
  );
}
