import { LookUps } from './look-ups.js';
import { readSuppressed } from './suppression.js';

const lookUps = new LookUps(Buffer.alloc(32, 'pepper'));
const read = (raw: Parameters<typeof readSuppressed>[0]) => readSuppressed(raw, lookUps, []);

describe('a domain on a suppression list', () => {
  it.each([
    'http://bad.example',
    '*.bad.example',
    'bad.example/x',
    'bad.example:25',
    '@bad.example',
    'bad example',
    '',
  ])('is refused where no address can have it: %j', (domain) => {
    expect(read({ domain })).toMatchObject({ ok: false, refusals: [{ code: 'INVALID_VALUE' }] });
  });

  it.each([
    ['Bad.Example', 'somebody@bad.example'],
    ['müller.example', 'somebody@xn--mller-kva.example'],
    ['xn--mller-kva.example', 'somebody@MÜLLER.example'],
    ['a_b.example', 'somebody@a_b.example'],
  ])('%s is about %s', (domain, email) => {
    const { domain: hash } = lookUps.ofPerson({ phone: null, email });
    expect(read({ domain })).toEqual({ ok: true, value: { kind: 'DOMAIN', hash } });
  });
});
