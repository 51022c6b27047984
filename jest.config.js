// Unit, conformance and architecture suites. End-to-end suites need a cluster and have their own config in test/e2e.
const swc = [
  '@swc/jest',
  {
    jsc: {
      target: 'es2023',
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
    },
    module: { type: 'es6' },
  },
];

export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': swc },
  moduleNameMapper: {
    '^#api/types$': '<rootDir>/libs/api/src/gen/types.ts',
    '^#([a-z-]+)/((?:[a-z-]+\\.)?contract|testing)$': '<rootDir>/libs/$1/src/$2.ts',
    '^#([a-z-]+)$': '<rootDir>/libs/$1/src/index.ts',
  },
  testMatch: [
    '<rootDir>/libs/**/*.spec.ts',
    '<rootDir>/apps/**/*.spec.ts',
    '<rootDir>/test/{architecture,conformance,simulation,soak}/**/*.spec.ts',
  ],
  maxWorkers: 2,
  testTimeout: 30_000, // a bound for what hangs; a busy machine is not a failure
};
