import { newId } from '#database';
import { publicSubject, storedSubject } from '../../apps/api/src/payments/public-subject.js';
import { encodeId } from '../../apps/process/src/public-ids.js';

describe('the subject of an operation', () => {
  it.each(['payout', 'collection', 'agency', 'buyer'] as const)(
    '%s has the id that the API shows',
    (word) => {
      const id = newId();
      const prefix = { payout: 'pyo', collection: 'col', agency: 'org', buyer: 'org' } as const;
      const shown = `${word}:${encodeId(prefix[word], id)}`;
      expect(publicSubject(`${word}:${id}`)).toBe(shown);
      expect(storedSubject(shown)).toBe(`${word}:${id}`);
      // Who copies it from a log finds it as well.
      expect(storedSubject(`${word}:${id}`)).toBe(`${word}:${id}`);
    },
  );

  it('stays as it is where there is no id of ours, and is refused where it is none', () => {
    const other = encodeId('lead', newId());
    expect(publicSubject('refund:1')).toBe('refund:1');
    expect(publicSubject('toString:1')).toBe('toString:1');
    expect(storedSubject(`payout:${other}`)).toBe(`payout:${other}`);
    expect(storedSubject('payout')).toBeUndefined();
    expect(storedSubject(`payout:${'x'.repeat(200)}`)).toBeUndefined();
  });
});
