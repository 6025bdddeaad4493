import { loadConfig } from './index.js';

const base = {
  DATABASE_URL: 'postgres://user:secret@localhost:5432/leadger',
  LEADGER_MASTER_KEY: 'YS1tYXN0ZXIta2V5LW9mLXRlc3RzLW5vdC1zZWNyZXQ=',
};

it.each([
  ['a sandbox for oneself', {}, true],
  ['a sandbox on every address', { LEADGER_HOST: '0.0.0.0' }, false],
  ['a sandbox on every address, told to', { LEADGER_HOST: '0.0.0.0', LEADGER_WEBHOOK_LOOPBACK: 'on' }, true],
  ['a sandbox for oneself, told not to', { LEADGER_WEBHOOK_LOOPBACK: 'off' }, false],
  ['another machine with a name like ours', { LEADGER_HOST: '127.0.0.1.example' }, false],
  ['production', { LEADGER_MODE: 'production' }, false],
])('webhooks to this machine itself, in %s: %s', (_, environment, expected) => {
  expect(loadConfig({ ...base, ...environment }).webhookLoopback).toBe(expected);
});

it('are refused in production', () => {
  const environment = { ...base, LEADGER_MODE: 'production', LEADGER_WEBHOOK_LOOPBACK: 'on' };
  expect(() => loadConfig(environment)).toThrow(
    'LEADGER_WEBHOOK_LOOPBACK is on and LEADGER_MODE is production',
  );
});
