import { readInstant, readNote, readReason, readReference } from './reported-value.js';

const path = ['input', 'x'];
const hourMs = 3_600_000;

describe('texts', () => {
  it('are kept as they are, without the space around them', () => {
    const text = '  <b>"ok"</b> \u{1F600} שלום\n\tnext; drop table deals  ';
    expect(readNote(text, path)).toEqual({ ok: true, value: text.trim() });
  });

  it('may be left out where they are notes and not where they are reasons', () => {
    expect(readNote(undefined, path)).toEqual({ ok: true, value: null });
    expect(readNote(' \n ', path)).toEqual({ ok: true, value: null });
    expect(readReason(' ', path)).toMatchObject({ ok: false, refusals: [{ code: 'REQUIRED', field: path }] });
  });

  it.each([
    'a\u0000b',
    'a\u007f',
    'a\ud800b',
    'a\u0085',
    'x'.repeat(2_001),
    '\u{1F600}'.repeat(2_001),
    'x'.repeat(1_000_000),
  ])('of unusable or too many characters are refused (%#)', (text) => {
    const read = readNote(text, path);
    expect(read).toMatchObject({ ok: false, refusals: [{ code: 'INVALID_VALUE', field: path }] });
    expect(JSON.stringify(read)).not.toContain(text.slice(0, 40));
  });

  it('are measured in characters, not in code units', () => {
    expect(readNote('\u{1F600}'.repeat(2_000), path).ok).toBe(true);
    expect(readReference('\u{1F600}'.repeat(200), path).ok).toBe(true);
    expect(readReference('\u{1F600}'.repeat(201), path).ok).toBe(false);
  });
});

describe('deal references', () => {
  it('are trimmed and may be left out', () => {
    expect(readReference(' CRM-1 ', path)).toEqual({ ok: true, value: 'CRM-1' });
    expect(readReference(undefined, path)).toEqual({ ok: true, value: null });
  });

  it.each(['', '  ', 'a\nb', 'a\tb', 'a\u0000', '\udc00'])('like %j are refused', (text) => {
    expect(readReference(text, path)).toMatchObject({ ok: false, refusals: [{ code: 'INVALID_VALUE' }] });
  });
});

describe('times', () => {
  const now = new Date('2026-03-10T12:00:00.000Z');
  const deliveredAt = new Date('2026-03-08T12:00:00.000Z');
  const at = (ms: number) => readInstant(new Date(ms), { now, deliveredAt }, path);

  it('are now when nothing is said', () => {
    expect(readInstant(undefined, { now, deliveredAt }, path)).toEqual({ ok: true, value: now });
  });

  it('lie between 24 hours before delivery and 24 hours from now, both included', () => {
    expect(at(now.getTime() + 24 * hourMs).ok).toBe(true);
    expect(at(now.getTime() + 24 * hourMs + 1)).toMatchObject({ ok: false, refusals: [{ field: path }] });
    expect(at(deliveredAt.getTime() - 24 * hourMs).ok).toBe(true);
    expect(at(deliveredAt.getTime() - 24 * hourMs - 1)).toMatchObject({
      refusals: [{ code: 'INVALID_VALUE' }],
    });
    expect(at(Number.NaN).ok).toBe(false);
  });
});
