import fc from 'fast-check';
import { codeOf, defaultAnswerRules, judgeAnswer } from './answer.js';

const judge = (status: number, text: string | null, personal: readonly string[] = []) =>
  judgeAnswer(defaultAnswerRules, { status, text }, personal);

describe('an answer', () => {
  it.each([
    [200, '', 'ACCEPTED', null],
    [204, '', 'ACCEPTED', null],
    [200, '<html>welcome</html>', 'ACCEPTED', null],
    [200, '{"status":"ok","reason":"none"}', 'ACCEPTED', null],
    [200, '{"status":"rejected"}', 'REJECTED', null],
    [201, '{"status":"Rejected","reason":"OUT_OF_AREA"}', 'REJECTED', 'OUT_OF_AREA'],
    [200, '{"status":"DUPLICATE","reason":"seen"}', 'DUPLICATE', 'seen'],
    [422, '', 'REJECTED', null],
    [400, '{"reason":"BAD_ZIP"}', 'REJECTED', 'BAD_ZIP'],
    [409, 'not json', 'DUPLICATE', null],
    [409, '{"status":"rejected"}', 'REJECTED', null],
    [422, null, 'REJECTED', null],
    [200, '\uFEFF{"status":"rejected"}', 'REJECTED', null],
    [200, ' \r\n{"status":"rejected"}\n', 'REJECTED', null],
    [200, '\uFEFF', 'ACCEPTED', null],
    [200, 'status=rejected', 'ACCEPTED', null],
    [200, '{}', 'ACCEPTED', null],
    [200, '{"status":null}', 'ACCEPTED', null],
    [409, '{"status":"rejec', 'DUPLICATE', null],
    [422, '{"status":["x"],"reason":["y"]}', 'REJECTED', null],
  ] as const)('of %d with %s says %s, %s', (status, text, verdict, reason) => {
    expect(judge(status, text)).toEqual({ verdict, reason });
  });

  it.each([500, 503, 302, 404, 401, 429, 410])('of %d says nothing about the lead', (status) => {
    expect(judge(status, '{"status":"rejected"}')).toEqual({ verdict: null, reason: null });
  });

  it('of 2xx that broke off says nothing: a refusal may have been cut off', () => {
    expect(judge(200, null)).toEqual({ verdict: null, reason: null });
  });

  it.each([
    '{"status":"rejected"',
    '"rejected"',
    '["rejected"]',
    '[]',
    '{"status":["rejected"]}',
    '{"status":{"rejected":true}}',
    `{"status":"${'x'.repeat(201)}"}`,
    '\uFEFF{"status":"rejected"',
    '  {status: "rejected"}',
  ])('of 2xx that is meant as JSON and cannot be read says nothing: %s', (text) => {
    expect(judge(200, text)).toEqual({ verdict: null, reason: null });
  });

  it('is read where and by the words that the buyer says', () => {
    const rules = {
      verdictPath: 'result.ok',
      reasonPath: 'result.why',
      rejected: ['false'],
      duplicate: ['2'],
    };
    const said = (result: unknown) =>
      judgeAnswer(rules, { status: 200, text: JSON.stringify({ result }) }, []);
    expect(said({ ok: false, why: 'budget' })).toEqual({ verdict: 'REJECTED', reason: 'budget' });
    expect(said({ ok: 2 })).toEqual({ verdict: 'DUPLICATE', reason: null });
    expect(said({ ok: true })).toEqual({ verdict: 'ACCEPTED', reason: null });
    const inherited = { ...rules, verdictPath: 'constructor.name', rejected: ['Object'] };
    expect(judgeAnswer(inherited, { status: 200, text: '{}' }, []).verdict).toBe('ACCEPTED');
  });

  it('of anything at all never throws, and refuses only by a word', () => {
    fc.assert(
      fc.property(fc.integer({ min: 200, max: 299 }), fc.oneof(fc.string(), fc.json()), (status, text) => {
        const { verdict } = judge(status, text);
        const isMeantAsJson = /^[{["]/.test(text.trim());
        const isTaken = verdict === 'ACCEPTED' || (verdict === null && isMeantAsJson);
        expect(isTaken || /rejected|duplicate/i.test(text)).toBe(true);
      }),
    );
  });
});

describe('a reason that is kept', () => {
  const personal = ['ada@example.com', '+12125550100', 'Ada', 'Lovelace', 'O’Hara-Smith'];

  it.each(['OUT_OF_AREA', 'budget.used', 'E-17', 'x'])('%s is one', (reason) => {
    expect(codeOf(reason, personal)).toBe(reason);
  });

  it.each([
    'Ada_is_known',
    'DUP_LOVELACE',
    'dup-ada@example.com',
    'no +12125550100',
    'ref12125550100',
    'known.ohara',
    'a sentence',
    '',
    'x'.repeat(65),
    undefined,
  ])('%s is none', (reason) => {
    expect(codeOf(reason, [...personal, 'O Hara'])).toBeNull();
  });

  it.each([
    ['MULLER_known', 'Müller'],
    ['known.MUELLER', 'Müller'],
    ['dup-mueller', 'Mu\u0308ller'],
    ['JOSE', 'José'],
    ['Soeren.known', 'Søren'],
    ['SOREN', 'Søren'],
    ['AASE_DUP', 'Åse'],
    ['ASE_DUP', 'Åse'],
    ['Strasse-9', 'Straße'],
    ['NG_KNOWN', 'Ng'],
    ['NgKnown', 'Ng'],
    ['dup.OE', 'Ö'],
    ['known-LU1', 'Lü'],
  ])('%s is none of %s', (reason, name) => {
    expect(codeOf(reason, [name])).toBeNull();
  });

  it.each([
    ['MISSING_FIELD', 'Ng'],
    ['OUT_OF_AREA', 'Re'],
    ['E-17', '17'],
  ])('%s is one, of %s as well', (reason, text) => {
    expect(codeOf(reason, [text])).toBe(reason);
  });

  it('never has a name, a mail or a phone in it', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[A-Za-z]{3,12}$/),
        fc.stringMatching(/^[A-Za-z0-9_.-]{0,20}$/),
        (name, around) => {
          expect(codeOf(`a${around}${name}${around}`, [name])).toBeNull();
        },
      ),
    );
  });
});
