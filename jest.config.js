/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/apps', '<rootDir>/libs', '<rootDir>/migrations', '<rootDir>/test'],
  testMatch: ['**/*.spec.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': '@swc/jest' },
  testRunner: '<rootDir>/test/support/shared-modules-runner.mjs',
  testSequencer: '<rootDir>/test/support/long-first-sequencer.mjs',
  moduleNameMapper: {
    '^(\\.{1,2}/.*)\\.js$': '$1',
    '^#migrations$': '<rootDir>/migrations/index.ts',
    '^#([a-z]+)$': '<rootDir>/libs/$1/src/index.ts',
  },
  globalSetup: '<rootDir>/test/support/jest-global-setup.mjs',
  globalTeardown: '<rootDir>/test/support/jest-global-teardown.mjs',
  reporters: ['default', '<rootDir>/test/support/tally-reporter.mjs'],
  // The suites share one PostgreSQL. On two cores a third worker runs while the others wait for answers of it.
  maxWorkers: 3,
  testTimeout: 90_000,
};
