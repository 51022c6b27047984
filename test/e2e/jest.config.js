import base from '../../jest.config.js';

// One cluster for all suites, which run one after the other, in the order of their names.
export default {
  ...base,
  rootDir: '../..',
  testMatch: ['<rootDir>/test/e2e/**/*.spec.ts'],
  globalSetup: '<rootDir>/test/e2e/cluster.mjs',
  testSequencer: '<rootDir>/test/e2e/in-order.cjs',
  testTimeout: 180_000,
  maxWorkers: 1,
};
