import { ClusterApi } from '../cluster-api.ts';
import { bridgeOf, portsOf } from '../supervisor/layout.ts';
import { registryLoginsForPods } from '../supervisor/registry-logins.ts';
import { type CommandContext, existingCluster } from './context.ts';

const name = 'berth-registry';

/** Gives a namespace the registry's login, for builders that push from inside the cluster. Idempotent. */
export async function registrySecret(context: CommandContext, namespace: string): Promise<void> {
  const { layout, settings } = await existingCluster(context);
  const logins = await registryLoginsForPods(layout, settings);
  const api = await ClusterApi.open(layout, settings);
  try {
    await api.apply(`/api/v1/namespaces/${encodeURIComponent(namespace)}/secrets/${name}`, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, namespace },
      type: 'kubernetes.io/dockerconfigjson',
      data: { '.dockerconfigjson': Buffer.from(logins).toString('base64') },
    });
  } finally {
    api.close();
  }
  const registry = `${bridgeOf(settings).address}:${portsOf(settings).registry}`;
  context.write(`secret/${name} in namespace ${namespace} holds the login; builders in pods push to ${registry} (plain HTTP)\n`);
}
