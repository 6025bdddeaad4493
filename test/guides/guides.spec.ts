import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../architecture/sources.js';
import { readCurl } from './curl.js';
import { GuideRun, type Side } from './guide-run.js';
import { differenceOf } from './match.js';
import { readGuide } from './read-guide.js';

const guideOf = (side: Side): string => readFileSync(join(root, 'docs', `guide-${side}.md`), 'utf8');

describe.each([
  ['agency', 25],
  ['buyer', 20],
] as const)('docs/guide-%s.md', (side, atLeast) => {
  it('is followed request by request, and every answer is as it shows', async () => {
    const requests = readGuide(guideOf(side));
    expect(requests.length).toBeGreaterThanOrEqual(atLeast);
    const run = await GuideRun.start(side);
    try {
      for (const request of requests) await run.follow(request);
    } finally {
      await run.stop();
    }
  }, 180_000);
});

describe('what follows a guide', () => {
  it('reads curl as a shell does', () => {
    const known = new Map([['KEY', 'k']]);
    const text = `curl "http://a/$KEY" \\\n  -H 'x-a: b $KEY' -H "authorization: Bearer $KEY" --json '{"a": 1}'`;
    expect(readCurl(text, known)).toEqual({
      url: 'http://a/k',
      method: 'POST',
      headers: { 'x-a': 'b $KEY', authorization: 'Bearer k', 'content-type': 'application/json' },
      body: '{"a": 1}',
    });
    expect(readCurl('curl http://a -d a=1 --data-urlencode "b=x y&"', known).body).toBe('a=1&b=x%20y%26');
    for (const wrong of [
      'wget http://a',
      'curl -k http://a',
      'curl http://a/$NOBODY',
      'curl http://a http://b',
      'curl',
    ])
      expect(() => readCurl(wrong, known)).toThrow();
  });

  it('sees every difference between what is shown and what came', () => {
    const shown = { id: '$ID', at: '2026-01-31T12:00:00.000Z', list: [1, null], any: '…' };
    const came = { id: 'x', at: '2030-01-31T12:00:00.123Z', list: [1, null], any: 'y' };
    const known = new Map<string, string>();
    expect(differenceOf(shown, came, known)).toBeUndefined();
    expect(known.get('ID')).toBe('x');
    for (const other of [
      { ...came, id: 'z' },
      { ...came, at: 'today' },
      { ...came, list: [1] },
      { ...came, list: [1, 2] },
      { ...came, more: 1 },
      { id: 'x' },
      null,
    ])
      expect(differenceOf(shown, other, new Map(known))).toBeDefined();
  });

  it('leaves no block of a guide out', () => {
    expect(() => readGuide('```yaml\na: 1\n```')).toThrow('answer to nothing');
    expect(() => readGuide('```json\n{}\n```')).toThrow('answer to nothing');
    expect(readGuide('```text\nx\n```\n```sh\ncurl\n```\nso:\n```json 201\n{}\n```')).toMatchObject([
      { kind: 'curl', answer: { status: 201, body: {} } },
    ]);
  });
});
