// npm test: set-up, then every check; the last line counts them. `npm test -- unit e2e` runs the named ones only.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { berth, explain, node24, prepare, root, runtimePackages, step } from './prepare.mjs';

const testPackages = {
  ...runtimePackages,
  skopeo: 'skopeo',
  umoci: 'umoci',
  prometheus: 'prometheus',
  unzip: 'unzip',
  git: 'git',
  curl: 'curl',
  'docker-registry': 'docker-registry',
  'docker-compose': 'docker-compose',
};
/** A cluster of its own beside a live one: other home, name, ports and node network. */
const cluster = {
  BERTH_HOME: '/var/tmp/berth-test',
  BERTH_NAME: 'bertest',
  BERTH_PORT_OFFSET: '2000',
  BERTH_NODE_CIDR: '10.91.0.0/24',
  // Dual-stack: what works there for IPv4 works alike where there is nothing else, and not the other way round.
  BERTH_POD_CIDR: '10.244.0.0/16,fd00:10:244::/56',
  BERTH_NODE_MONITOR_GRACE_PERIOD: '20s',
  // Autoscalers look often, and at the Prometheus of the suites as well.
  BERTH_SET: [
    'agent.metric-resolution=5s',
    'controller-manager.horizontal-pod-autoscaler-sync-period=5s',
    `api-server.custom-metrics-config-file=${join(root, 'test/e2e/manifests/custom-metrics.yaml')}`,
    'api-server.prometheus-url=http://127.0.0.1:19090',
    'api-server.metrics-relist-interval=5s',
  ].join(' '),
};
const results = join(root, 'dist/test-results');

const jest = (name, config, ...args) => ({
  name,
  command: [
    node24,
    '--expose-gc',
    '--experimental-vm-modules',
    '--no-warnings',
    'node_modules/jest/bin/jest.js',
    '--config',
    config,
    ...args,
  ],
  report: join(results, `${name}.json`),
});
const checks = [
  { name: 'types', command: ['node_modules/typescript7/bin/tsc', '--noEmit', '-p', 'tsconfig.json'] },
  { name: 'lint', command: ['npm', 'run', '--silent', 'lint'] },
  { name: 'arch', command: ['npm', 'run', '--silent', 'arch'] },
  { name: 'unused', command: ['npm', 'run', '--silent', 'unused'] },
  { name: 'gen', command: ['npm', 'run', '--silent', 'gen:check'] },
  jest('unit', 'jest.config.js'),
  jest('fuzz', 'test/fuzz/jest.config.js'),
  { ...jest('e2e', 'test/e2e/jest.config.js', '--runInBand'), cluster: true },
];

let interrupted;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => (interrupted = signal));

try {
  prepare(testPackages);
} catch (err) {
  explain(err);
}
mkdirSync(results, { recursive: true });
const wanted = process.argv.slice(2);
let passed = 0;
let failed = 0;
for (const check of checks.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
  // A check holds this process until it ends: a signal that came meanwhile is heard only after one turn of the loop.
  await setImmediate();
  if (interrupted) break;
  if (check.cluster) removeCluster();
  const counts = runCheck(check);
  if (check.cluster) removeCluster();
  passed += counts.passed;
  failed += counts.failed;
}
await setImmediate();
if (interrupted) failed++;
process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
process.exit(failed === 0 ? 0 : 1);

/** A check without a report counts as one test. */
function runCheck({ name, command, report }) {
  process.stdout.write(`\n── ${name}\n`);
  if (report) rmSync(report, { force: true });
  const args = report ? [...command.slice(1), '--json', '--outputFile', report] : command.slice(1);
  // The jest report also goes to standard output; only its summary on standard error is for people.
  const { status } = spawnSync(command[0], args, {
    cwd: root,
    stdio: ['ignore', report ? 'ignore' : 'inherit', 'inherit'],
    env: { ...process.env, ...cluster, PATH: `${join(root, 'deploy/bin')}:${process.env.PATH}:/usr/sbin:/sbin` },
  });
  if (report && existsSync(report)) {
    const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = JSON.parse(readFileSync(report, 'utf8'));
    const broken = numFailedTests + numRuntimeErrorTestSuites;
    return { passed: numPassedTests, failed: broken === 0 && status !== 0 ? 1 : broken };
  }
  return status === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

/** Whatever an earlier run, killed half-way, has left. */
function removeCluster() {
  if (!existsSync(cluster.BERTH_HOME)) return;
  Object.assign(process.env, cluster);
  step('removing the test cluster', () => berth(['down', '--purge', '--grace-period', '1']));
}
