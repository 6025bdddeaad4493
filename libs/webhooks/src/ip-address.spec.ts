import fc from 'fast-check';
import { ipRange, isInRange, parseIp, unmapped } from './ip-address.js';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

describe('an address', () => {
  it.each([
    ['0.0.0.0', bytes(0, 0, 0, 0)],
    ['255.1.20.9', bytes(255, 1, 20, 9)],
    ['::', new Uint8Array(16)],
    ['::1', Uint8Array.from({ length: 16 }, (_, index) => (index === 15 ? 1 : 0))],
    ['1:2:3:4:5:6:7:8', bytes(0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8)],
    ['FE80::AB', bytes(0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xab)],
    ['2001:db8::', bytes(0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)],
    ['::ffff:127.0.0.1', bytes(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1)],
    ['64:ff9b::10.0.0.1', bytes(0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, 10, 0, 0, 1)],
  ])('%s is read', (text, expected) => {
    expect(parseIp(text)).toEqual(expected);
  });

  it.each([
    ...[
      '',
      '1',
      '127.1',
      '2130706433',
      '0x7f.0.0.1',
      '0x7f000001',
      '0177.0.0.1',
      '010.0.0.1',
      '1.2.3.256',
      '1.2.3.4.5',
    ],
    ...[
      '1.2.3',
      '1.2.3.',
      ' 1.2.3.4',
      '1.2.3.4 ',
      '１.2.3.4',
      '1。2。3。4',
      '-1.2.3.4',
      '1.2.3.4/8',
      'localhost',
    ],
    ...[
      ':',
      ':::',
      '1::2::3',
      '1:2:3:4:5:6:7',
      '1:2:3:4:5:6:7:8:9',
      '1:2:3:4:5:6:7::8',
      '12345::',
      'g::',
      '::1%lo',
    ],
    ...[
      'fe80::1%eth0',
      'fe80::1%25eth0',
      '[::1]',
      '::1.2.3',
      '::256.1.1.1',
      '::01.2.3.4',
      '1.2.3.4::',
      ':1',
      '1:',
    ],
  ])('%j is none', (text) => {
    expect(parseIp(text)).toBeUndefined();
  });

  it('of IPv6 is the same however the URL parser writes it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (address) => {
        const groups = Array.from({ length: 8 }, (_, at) =>
          ((address[at * 2] ?? 0) * 256 + (address[at * 2 + 1] ?? 0)).toString(16),
        );
        expect(parseIp(groups.join(':'))).toEqual(address);
        expect(parseIp(new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1))).toEqual(address);
      }),
    );
  });

  it('never makes the reader throw', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseIp(text)));
    fc.assert(fc.property(fc.stringMatching(/^[0-9a-f:.%]{0,45}$/), (text) => void parseIp(text)));
  });
});

describe('a range', () => {
  it.each([
    ['10.0.0.0/8', '10.255.255.255', true],
    ['10.0.0.0/8', '11.0.0.0', false],
    ['172.16.0.0/12', '172.31.255.255', true],
    ['172.16.0.0/12', '172.32.0.0', false],
    ['0.0.0.0/0', '255.255.255.255', true],
    ['1.2.3.4/32', '1.2.3.5', false],
    ['fc00::/7', 'fdff::1', true],
    ['fc00::/7', 'fe00::', false],
    ['10.0.0.0/8', '::ffff:10.0.0.1', false],
  ])('%s and %s: %s', (range, address, expected) => {
    expect(isInRange(parseIp(address) ?? new Uint8Array(), ipRange(range))).toBe(expected);
  });

  it.each(['10.0.0.0', '10.0.0.0/33', 'x/8', '::/129'])('%s is none', (text) => {
    expect(() => ipRange(text)).toThrow(TypeError);
  });
});

it('a mapped address is the one that is meant, any other itself', () => {
  const address = parseIp('::ffff:10.1.2.3') ?? new Uint8Array();
  expect(unmapped(address)).toEqual(bytes(10, 1, 2, 3));
  expect(unmapped(bytes(10, 1, 2, 3))).toEqual(bytes(10, 1, 2, 3));
});
