import { QueryFailedError } from 'typeorm';
import { createLog, type Log } from './log.js';

function logged(write: (log: Log) => void): string {
  let text = '';
  write(createLog('info', { write: (line) => void (text += line) }));
  return text;
}

describe('the log', () => {
  it('keeps what is on its list and nothing else', () => {
    const fields = { requestId: 'r-1', phone: '+49 30 1234', email: 'ada@example.com' };
    const text = logged((log) => log.info('listening', fields));
    expect(JSON.parse(text)).toEqual({
      level: 30,
      time: expect.any(Number) as number,
      msg: 'listening',
      requestId: 'r-1',
    });
  });

  it('holds no statement, parameter or message of a failed query', () => {
    const driver = Object.assign(new Error('Key (email)=(ada@example.com) already exists.'), {
      code: '23505',
    });
    const error = new QueryFailedError('insert into users', ['ada@example.com'], driver);
    const text = logged((log) => log.error('unexpected error', { requestId: 'r-2', error }));
    expect(JSON.parse(text)).toMatchObject({
      requestId: 'r-2',
      err: { name: 'QueryFailedError', code: '23505', stack: expect.stringContaining('log.spec') as string },
    });
    expect(text).not.toContain('ada@');
  });

  it('names a foreign error and repeats only messages that are ours or the engine’s', () => {
    const errOf = (error: unknown) =>
      (JSON.parse(logged((log) => log.warn('failed', { error }))) as { err: object }).err;
    expect(errOf(new Error('ada@example.com'))).not.toHaveProperty('message');
    expect(errOf('ada@example.com')).toEqual({ name: 'string' });
    expect(errOf(new TypeError('x is not a function'))).toMatchObject({ message: 'x is not a function' });
  });

  it('leaves out what is below its level', () => {
    let text = '';
    createLog('error', { write: (line) => void (text += line) }).warn('tomorrow');
    expect(text).toBe('');
  });
});
