import { type Suspicion, suspicionOf } from './quarantine.js';
import { SourcePace } from './source-pace.js';

const now = new Date('2030-06-15T12:00:00Z');
const dayMs = 86_400_000;
const sound: Suspicion = { email: null, consent: null, sourceCount: 1, sourceLeadsPerMinute: null };
const agreedAt = (ms: number) => ({
  text: 'yes',
  capturedAt: new Date(now.getTime() + ms),
  ip: null,
  certificateUrl: null,
});

describe('suspicionOf', () => {
  it.each<[string, Partial<Suspicion>, string | undefined]>([
    ['nothing', {}, undefined],
    ['a disposable mailbox', { email: 'a@mailinator.com' }, 'DISPOSABLE_EMAIL'],
    ['one below such a domain', { email: 'a@x.mailinator.com' }, 'DISPOSABLE_EMAIL'],
    ['a name that only ends like one', { email: 'a@notmailinator.com' }, undefined],
    ['another domain', { email: 'mailinator.com@example.com' }, undefined],
    ['a consent five minutes ahead', { consent: agreedAt(5 * 60_000) }, undefined],
    ['a consent further ahead', { consent: agreedAt(5 * 60_000 + 1) }, 'CONSENT_IN_FUTURE'],
    ['a consent a year old', { consent: agreedAt(-365 * dayMs) }, undefined],
    ['an older consent', { consent: agreedAt(-365 * dayMs - 1) }, 'CONSENT_TOO_OLD'],
    ['a consent of no time', { consent: { ...agreedAt(0), capturedAt: null } }, undefined],
    ['as many as the limit', { sourceCount: 3, sourceLeadsPerMinute: 3 }, undefined],
    ['one more', { sourceCount: 4, sourceLeadsPerMinute: 3 }, 'SOURCE_TOO_FAST'],
    ['any number without a limit', { sourceCount: 1e6 }, undefined],
  ])('of %s', (_what, facts, expected) => {
    expect(suspicionOf({ ...sound, ...facts }, now)).toBe(expected);
  });
});

describe('SourcePace', () => {
  it('counts a sliding minute for each source', () => {
    const pace = new SourcePace();
    const at = (seconds: number) => new Date(now.getTime() + seconds * 1000);
    expect([0, 20, 40].map((second) => pace.count('a', at(second)))).toEqual([1, 2, 3]);
    expect(pace.count('b', at(40))).toBe(1);
    // Half of the three are still within the minute.
    expect(pace.count('a', at(90))).toBe(2);
    expect(pace.count('a', at(240))).toBe(1);
    // A clock that was set back begins anew.
    expect(pace.count('a', at(0))).toBe(1);
  });

  it('forgets the source that was silent longest, not the one that talks', () => {
    const pace = new SourcePace();
    pace.count('silent', now);
    pace.count('busy', now);
    for (let index = 0; index < 9_999; index += 1) pace.count(`source ${index}`, now);
    pace.count('busy', now);
    pace.count('another', now);
    expect(pace.count('busy', now)).toBe(3);
    expect(pace.count('silent', now)).toBe(1);
  });
});
