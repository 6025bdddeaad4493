import { refusalOfAddress, refusalOfPeer } from './address-policy.js';
import { readTarget } from './target-url.js';

const strict = { loopbackAllowed: false };
const lenient = { loopbackAllowed: true };

/** First and last of every block that is not public, and what lies just outside where that is public. */
const notPublic: readonly (readonly [what: string, ...addresses: readonly string[]])[] = [
  ['this network and the unspecified address', '0.0.0.0', '0.0.0.1', '0.255.255.255'],
  ['private 10/8', '10.0.0.0', '10.255.255.255'],
  ['carrier-grade NAT', '100.64.0.0', '100.100.100.200', '100.127.255.255'],
  ['link-local and metadata', '169.254.0.0', '169.254.169.254', '169.254.170.2', '169.254.255.255'],
  ['the platform of Azure', '168.63.129.16'],
  ['private 172.16/12', '172.16.0.0', '172.31.255.255'],
  ['protocol assignments and metadata of Oracle', '192.0.0.0', '192.0.0.192', '192.0.0.255'],
  ['documentation', '192.0.2.1', '198.51.100.1', '203.0.113.255'],
  ['AS112 and AMT', '192.31.196.1', '192.175.48.1', '192.52.193.1'],
  ['6to4 relays', '192.88.99.1'],
  ['private 192.168/16', '192.168.0.0', '192.168.255.255'],
  ['benchmarking', '198.18.0.0', '198.19.255.255'],
  ['multicast', '224.0.0.0', '239.255.255.255'],
  ['reserved and broadcast', '240.0.0.0', '255.255.255.254', '255.255.255.255'],
  ['unspecified IPv6', '::'],
  ['compatible with IPv4', '::127.0.0.1', '::8.8.8.8'],
  ['mapped', '::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:10.0.0.1', '::ffff:8.8.8.8', '::ffff:0:127.0.0.1'],
  ['NAT64', '64:ff9b::127.0.0.1', '64:ff9b::8.8.8.8', '64:ff9b:1::1'],
  ['discard and dummy', '100::1', '100:0:0:1::1'],
  ['Teredo, ORCHID and other assignments', '2001::', '2001:0:4136:e378::1', '2001:20::1', '2001:1ff:ffff::'],
  ['documentation of IPv6', '2001:db8::1', '3fff::1', '3fff:fff:ffff::'],
  ['6to4', '2002::', '2002:7f00:1::', '2002:808:808::1'],
  ['AS112 of IPv6', '2620:4f:8000::1'],
  ['segment routing', '5f00::1'],
  ['private IPv6 and the metadata of AWS', 'fc00::', 'fd00:ec2::254', 'fdff:ffff::1'],
  ['link-local IPv6', 'fe80::', 'fe80::1', 'febf:ffff::1'],
  ['site-local', 'fec0::1', 'feff::1'],
  ['multicast of IPv6', 'ff00::', 'ff02::1', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['never given out', '1fff:ffff::', '4000::', 'e000::1'],
  ['no address', '', 'localhost', '127.1', '0x7f000001', '0177.0.0.1', 'fe80::1%eth0', '8.8.8.8 '],
];
const loopback = ['127.0.0.0', '127.0.0.1', '127.8.9.1', '127.255.255.255', '::1', '0:0:0:0:0:0:0:1'];
const publicAddresses = [
  ...[
    '1.1.1.1',
    '8.8.8.8',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '126.255.255.255',
    '128.0.0.0',
  ],
  ...[
    '169.253.255.255',
    '169.255.0.0',
    '172.15.255.255',
    '172.32.0.0',
    '192.0.1.0',
    '192.167.255.255',
    '192.169.0.0',
  ],
  ...[
    '198.17.255.255',
    '198.20.0.0',
    '223.255.255.255',
    '168.63.129.17',
    '2001:200::1',
    '2001:4860:4860::8888',
  ],
  ...['2606:4700::1111', '2a00:1450::1', '2003::1', '3ffe::1', '2000::'],
];

describe('an address', () => {
  it.each(notPublic.flatMap(([what, ...addresses]) => addresses.map((address) => [what, address] as const)))(
    'of %s is refused, here too: %j',
    (_, address) => {
      expect(refusalOfAddress(address, strict)).toBe('NOT_PUBLIC');
      expect(refusalOfAddress(address, lenient)).toBe('NOT_PUBLIC');
    },
  );

  it.each(loopback)('of this machine is refused unless it is allowed: %s', (address) => {
    expect(refusalOfAddress(address, strict)).toBe('LOOPBACK');
    expect(refusalOfAddress(address, lenient)).toBeNull();
  });

  it.each(publicAddresses)('of the internet is not: %s', (address) => {
    expect(refusalOfAddress(address, strict)).toBeNull();
  });
});

describe('the far end of a connection', () => {
  it.each([
    ['::ffff:8.8.8.8', null],
    ['::ffff:127.0.0.1', 'LOOPBACK'],
    ['::ffff:10.0.0.1', 'NOT_PUBLIC'],
    ['::ffff:a00:1', 'NOT_PUBLIC'],
    ['2606:4700::1111', null],
    ['fe80::1%2', 'NOT_PUBLIC'],
    ['', 'NOT_PUBLIC'],
  ])('%s: %s', (address, expected) => {
    expect(refusalOfPeer(address, strict)).toBe(expected);
  });
});

/** Every way of writing an IPv4 address that some program connects to. */
function notationsOf(address: string): readonly string[] {
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
  const whole = ((a * 256 + b) * 256 + c) * 256 + d;
  const octal = (value: number) => `0${value.toString(8)}`;
  const hex = (value: number) => `0x${value.toString(16)}`;
  const fullWidth = (text: string) =>
    text.replaceAll(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit)));
  return [
    address,
    `${address}.`,
    String(whole),
    octal(whole),
    hex(whole),
    hex(whole).toUpperCase(),
    [a, b, c, d].map(octal).join('.'),
    [a, b, c, d].map((part) => `000${octal(part)}`).join('.'),
    [a, b, c, d].map(hex).join('.'),
    `${hex(a)}.${octal(b)}.${c}.${d}`,
    `${a}.${b}.${c * 256 + d}`,
    `${a}.${(b * 256 + c) * 256 + d}`,
    `${hex(a)}.${hex((b * 256 + c) * 256 + d)}`,
    address.replaceAll('.', '。'),
    address.replaceAll('.', '．'),
    address.replaceAll('.', '｡'),
    fullWidth(address),
    fullWidth(address).replaceAll('.', '。'),
    address.replaceAll('.', '%2e'),
    address.replace(/\d/, (digit) => `%3${digit}`),
    `[::ffff:${address}]`,
    `[::FFFF:${address}]`,
    `[0:0:0:0:0:ffff:${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}]`,
    `[::${address}]`,
    `[64:ff9b::${address}]`,
    `[2002:${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}::]`,
    `[::ffff:${address}%25eth0]`,
  ];
}

const everyIpv4 = notPublic
  .flatMap(([, ...addresses]) => addresses)
  .concat(loopback)
  .filter((each) => /^((0|[1-9]\d*)(\.|$)){4}$/.test(each));

describe('a URL', () => {
  it.each(everyIpv4)('with %s is refused in every notation', (address) => {
    const taken = notationsOf(address).filter(
      (host) => typeof readTarget(`https://${host}/hook`, strict) !== 'string',
    );
    expect(taken).toEqual([]);
  });

  it('with a public address is taken in those notations that mean it', () => {
    const taken = notationsOf('8.8.8.8').filter(
      (host) => typeof readTarget(`https://${host}/hook`, strict) !== 'string',
    );
    // The embedded ones are refused whatever they embed.
    expect(taken).toEqual(notationsOf('8.8.8.8').slice(0, -7));
  });

  it.each(
    notPublic
      .flatMap(([, ...addresses]) => addresses)
      .concat(loopback)
      .filter((each) => each.includes(':') && !each.includes('%')),
  )('with [%s] is refused', (address) => {
    expect(typeof readTarget(`https://[${address}]/`, strict)).toBe('string');
    expect(typeof readTarget(`https://[${address.toUpperCase()}]:8443/`, strict)).toBe('string');
  });
});
