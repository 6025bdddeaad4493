import { type IpAddress, type IpRange, ipRange, isInRange, parseIp, unmapped } from './ip-address.js';

/** Which addresses a webhook may be sent to. */
export interface AddressPolicy {
  /**
   * Also to this machine itself, and without TLS: for trying webhooks out on one's own machine. Never in production,
   * and never where others reach the API, for whom this machine's own ports would be open then.
   */
  readonly loopbackAllowed: boolean;
}

/** Why an address is refused; `null` is an address that anybody on the internet can reach. */
export type AddressRefusal = 'LOOPBACK' | 'NOT_PUBLIC';

const loopback = ['127.0.0.0/8', '::1/128'].map(ipRange);

/** Every block of IPv4 that is not the public internet, from the IANA registry of special-purpose addresses. */
const notPublicIpv4: readonly IpRange[] = [
  '0.0.0.0/8', // "this network"; the unspecified address, which connects to this machine
  '10.0.0.0/8', // private
  '100.64.0.0/10', // carrier-grade NAT; also the metadata service of Alibaba
  '127.0.0.0/8', // loopback
  '169.254.0.0/16', // link-local; also the metadata services of most clouds
  '168.63.129.16/32', // the platform of Azure, public by its looks
  '172.16.0.0/12', // private
  '192.0.0.0/24', // protocol assignments; also the metadata service of Oracle
  '192.0.2.0/24', // documentation
  '192.31.196.0/24', // AS112
  '192.52.193.0/24', // AMT
  '192.88.99.0/24', // 6to4 relays, which lead to an address of one's own choosing
  '192.168.0.0/16', // private
  '192.175.48.0/24', // AS112
  '198.18.0.0/15', // benchmarking
  '198.51.100.0/24', // documentation
  '203.0.113.0/24', // documentation
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, and the broadcast address
].map(ipRange);

/** The only block of IPv6 from which public addresses are given out. Mapped, NAT64, private and link-local ones lie outside. */
const publicIpv6 = ipRange('2000::/3');
const notPublicIpv6: readonly IpRange[] = [
  '2001::/23', // protocol assignments: Teredo, which embeds an IPv4 address, ORCHID, benchmarking
  '2001:db8::/32', // documentation
  '2002::/16', // 6to4, which embeds an IPv4 address
  '2620:4f:8000::/48', // AS112
  '3fff::/20', // documentation
].map(ipRange);

/** Why a webhook may not be sent to this address, given in its ordinary notation; null when it may. Fails closed. */
export function refusalOfAddress(text: string, policy: AddressPolicy): AddressRefusal | null {
  const address = parseIp(text);
  if (!address) return 'NOT_PUBLIC';
  if (loopback.some((range) => isInRange(address, range))) return policy.loopbackAllowed ? null : 'LOOPBACK';
  return isPublic(address) ? null : 'NOT_PUBLIC';
}

/**
 * The same for the far end of a connection that exists: a socket that listens on both families shows an IPv4 address
 * as a mapped one. A mapped address that somebody names is refused, since nobody has a reason to.
 */
export function refusalOfPeer(text: string, policy: AddressPolicy): AddressRefusal | null {
  const address = parseIp(text);
  if (!address) return 'NOT_PUBLIC';
  const peer = unmapped(address);
  return refusalOfAddress(peer.length === 4 ? peer.join('.') : text, policy);
}

function isPublic(address: IpAddress): boolean {
  if (address.length === 4) return !notPublicIpv4.some((range) => isInRange(address, range));
  return isInRange(address, publicIpv6) && !notPublicIpv6.some((range) => isInRange(address, range));
}
