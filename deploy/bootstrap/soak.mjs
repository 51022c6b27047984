// npm run soak [-- --minutes N]: set-up, then test/soak on a cluster of its own, which is removed afterwards.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { berth, explain, node24, prepare, root, runtimePackages, step } from './prepare.mjs';

/** Fixed, so that no cluster that somebody lives in is ever taken for it: it is purged. */
const cluster = {
  BERTH_HOME: '/var/tmp/berth-soak',
  BERTH_NAME: 'bsoak',
  BERTH_PORT_OFFSET: '3500',
  BERTH_NODE_CIDR: '10.92.0.0/24',
  BERTH_NODES: '1',
};

// Whoever interrupts it ends the child; the cluster is removed all the same.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined);

try {
  prepare({ ...runtimePackages, 'redis-cli': 'redis-tools' });
} catch (err) {
  explain(err);
}
Object.assign(process.env, cluster);
removeCluster();
const run = (...command) => spawnSync(command[0], command.slice(1), { cwd: root, stdio: 'inherit' }).status ?? 1;
let status = run(join(root, 'deploy/bin/berth'), 'up');
if (status === 0) status = run(node24, '--no-warnings', 'test/soak/run.ts', ...process.argv.slice(2));
removeCluster();
process.exit(status);

/** Also what an earlier run, killed half-way, has left. */
function removeCluster() {
  if (!existsSync(cluster.BERTH_HOME)) return;
  step('removing the cluster of the soak', () => berth(['down', '--purge', '--grace-period', '1']));
}
