import fc from 'fast-check';
import { readTarget, targetRefusalMessages } from './target-url.js';

const strict = { loopbackAllowed: false };
const lenient = { loopbackAllowed: true };
const marker = 'zq7';

describe('a URL that is sent to', () => {
  it.each([
    ['https://hooks.example.com/a/b?c=d', 'hooks.example.com'],
    ['https://HOOKS.example.com', 'hooks.example.com'],
    ['https://hooks.example.com.:443/', 'hooks.example.com'],
    ['https://hooks.example.com:8443/', 'hooks.example.com'],
    ['https://bücher.example/', 'xn--bcher-kva.example'],
    ['https://8.8.8.8/', '8.8.8.8'],
    ['https://[2606:4700::1111]:1024/', '2606:4700::1111'],
  ])('%s', (text, host) => {
    expect(readTarget(text, strict)).toMatchObject({ host });
  });

  it('is one also when thousands were read before it', () => {
    let refused = 0;
    for (let count = 0; count < 30_000; count += 1)
      if (typeof readTarget('https://bücher.example/', strict) === 'string') refused += 1;
    expect(refused).toBe(0);
  });

  it.each([
    'http://localhost:4400/hook',
    'http://127.0.0.1:80',
    'http://[::1]:9/',
    'https://app.localhost/',
    'http://LOCALHOST./',
  ])('%s where this machine is allowed, and only there', (text) => {
    expect(readTarget(text, lenient)).toMatchObject({ url: expect.any(URL) as URL });
    expect(readTarget(text, strict)).toBe('LOOPBACK');
  });
});

describe('a URL that is refused', () => {
  it.each([
    ['', 'NOT_A_URL'],
    [marker, 'NOT_A_URL'],
    ['//hooks.example.com', 'NOT_A_URL'],
    ['ftp://hooks.example.com', 'NOT_A_URL'],
    ['file:///etc/passwd', 'NOT_A_URL'],
    ['javascript:alert(1)', 'NOT_A_URL'],
    ['https://', 'NOT_A_URL'],
    ['https:/hooks.example.com', 'NOT_A_URL'],
    ['https:hooks.example.com', 'NOT_A_URL'],
    ['https://hooks.example.com/a b', 'NOT_A_URL'],
    ['https://hooks.example.com/\n', 'NOT_A_URL'],
    ['https://hooks.example.com\\@127.0.0.1/', 'NOT_A_URL'],
    ['https://hooks\u0000.example.com/', 'NOT_A_URL'],
    ['https://hooks.example.com/\ud800', 'NOT_A_URL'],
    ['https://[fe80::1%25eth0]/', 'NOT_A_URL'],
    ['https://[::1', 'NOT_A_URL'],
    ['https://1.2.3.256/', 'NOT_A_URL'],
    ['https://1.2.3.4.5/', 'NOT_A_URL'],
    ['https://hooks.example.com:99999/', 'NOT_A_URL'],
    [`https://hooks.example.com/${'x'.repeat(2_000)}`, 'NOT_A_URL'],
    ['http://hooks.example.com/', 'NOT_HTTPS'],
    ['http://8.8.8.8/', 'NOT_HTTPS'],
    ['https://user@hooks.example.com/', 'CREDENTIALS'],
    ['https://user:secret@hooks.example.com/', 'CREDENTIALS'],
    ['https://@hooks.example.com/', 'CREDENTIALS'],
    ['https://:@hooks.example.com/', 'CREDENTIALS'],
    ['https://hooks.example.com@127.0.0.1/', 'CREDENTIALS'],
    ['https://hooks.example.com/#part', 'FRAGMENT'],
    ['https://hooks.example.com/#', 'FRAGMENT'],
    ['https://hooks.example.com:22/', 'PORT'],
    ['https://hooks.example.com:0/', 'PORT'],
    ['https://hooks.example.com:1023/', 'PORT'],
    ['https://localhost/', 'LOOPBACK'],
    ['https://LocalHost.:8443/', 'LOOPBACK'],
    ['https://a.b.localhost/', 'LOOPBACK'],
    ['https://intranet/', 'NOT_PUBLIC'],
    ['https://metadata/', 'NOT_PUBLIC'],
  ])('%j: %s', (text, refusal) => {
    expect(readTarget(text, strict)).toBe(refusal);
  });

  it('is not taken without TLS where only this machine may be without, nor to another port of it', () => {
    expect(readTarget('http://hooks.example.com/', lenient)).toBe('NOT_HTTPS');
    expect(readTarget('http://10.0.0.1/', lenient)).toBe('NOT_PUBLIC');
  });

  it('is told in a sentence that does not repeat it', () => {
    for (const message of Object.values(targetRefusalMessages)) expect(message).toMatch(/^[A-Z].*\.$/);
  });
});

it('reading never throws, and what is taken is https on a port of its own or 443', () => {
  const texts = fc.oneof(
    fc.string(),
    fc.webUrl({ withQueryParameters: true }),
    fc.string().map((text) => `https://${text}`),
  );
  fc.assert(
    fc.property(texts, (text) => {
      const target = readTarget(text, strict);
      if (typeof target === 'string') return;
      expect(target.url.protocol).toBe('https:');
      expect(target.url.username + target.url.password + target.url.hash).toBe('');
    }),
  );
});
