/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/tests'],
  testMatch: ['**/*.test.ts'],
  transform: {
    '^.+\\.(t|j)sx?$': [
      '@swc/jest',
      {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
        module: { type: 'commonjs' },
        sourceMaps: 'inline',
      },
    ],
  },
  transformIgnorePatterns: ['/node_modules/'],
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  globalSetup: '<rootDir>/tests/support/postgres-global-setup.ts',
  globalTeardown: '<rootDir>/tests/support/postgres-global-teardown.ts',
  // Longer than a property may look for a smaller example (tests/support/property-time.ts).
  testTimeout: 120_000,
  // jest leaves a core for watching; services that are waited for need none of their own.
  maxWorkers: 2,
  testSequencer: '<rootDir>/tests/support/longest-first.cjs',
};
