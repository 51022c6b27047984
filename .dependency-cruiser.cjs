// Layer directions: base → api → store → machinery → domain → apps. A file imports its own layer and lower ones.
const layers = [
  ['base', ['^libs/(base|telemetry)/']],
  ['api', ['^libs/(api|objects|proto|pki|compose)/', '^libs/[a-z-]+/src/contract\\.ts$', '^libs/[a-z-]+/src/[a-z-]+\\.contract\\.ts$']],
  ['store', ['^libs/store/']],
  ['machinery', ['^libs/(api-server|client|controller-runtime)/']],
  ['domain', ['^libs/(kinds|policy|nodes|metrics-adapter|controllers|scheduler|agent|runtime|network|registry|cli|builder|engine)/']],
  ['apps', ['^apps/']],
];
const below = (i) => layers.slice(0, i).flatMap(([, paths]) => paths);
const upward = layers.flatMap(([low, path], i) =>
  layers.slice(i + 1).map(([high, target], k) => ({
    name: `${low}-must-not-import-${high}`,
    severity: 'error',
    from: { path, pathNot: [...below(i), '(\\.spec|/src/testing)\\.ts$'] },
    to: { path: target, pathNot: below(i + 1 + k) },
  })),
);
const domain = ['kinds', 'policy', 'nodes', 'metrics-adapter', 'controllers', 'scheduler', 'agent', 'runtime', 'network', 'registry', 'cli', 'builder', 'engine'];
const apart = domain.map((lib) => ({
  name: `${lib}-meets-others-at-contract`,
  severity: 'error',
  from: { path: `^libs/${lib}/`, pathNot: '\\.spec\\.ts$' },
  to: { path: domain.filter((d) => d !== lib).map((d) => `^libs/${d}/`), pathNot: '/src/([a-z-]+\\.contract|contract|testing)\\.ts$' },
}));

module.exports = {
  forbidden: [
    ...upward,
    ...apart,
    { name: 'no-cycles', comment: 'Of types neither: what two files know of each other belongs into a third.', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'pure-files-do-no-io',
      comment: 'Deciding is pure: take what you need as an argument and let the caller act.',
      severity: 'error',
      from: { path: '/(reconcile|[a-z-]+-plan|validation|strategy|columns|[a-z-]+\\.contract|contract|plugins/[a-z-]+)\\.ts$' },
      to: { path: ['^libs/store/src/(redis|memory)/', '@nestjs/', 'ioredis'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'pure-files-import-no-node-module',
      severity: 'error',
      from: { path: '/(reconcile|[a-z-]+-plan|validation|strategy|columns|[a-z-]+\\.contract|contract|plugins/[a-z-]+)\\.ts$' },
      to: { dependencyTypes: ['core'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'nest-only-at-the-edge',
      severity: 'error',
      from: { path: '^libs/', pathNot: '(\\.module|\\.http|\\.grpc|\\.spec)\\.ts$' },
      to: { path: '@nestjs/' },
    },
    { name: 'redis-client-only-in-the-store', severity: 'error', from: { pathNot: '^(libs/store/src/redis/|test/)' }, to: { path: 'node_modules/ioredis' } },
    {
      name: 'testing-only-from-tests',
      severity: 'error',
      from: { pathNot: '(\\.spec\\.ts$|^test/|/testing\\.ts$|/testing/|/conformance/)' },
      to: { path: '(/src/testing\\.ts$|/src/testing/|/conformance/)' },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|gen)/' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'], extensions: ['.ts', '.js'] },
  },
};
