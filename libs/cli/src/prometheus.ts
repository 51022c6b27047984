import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '#api';
import { writeFileAtomic, lookUp } from '#base';
import type { ClusterApi } from './cluster-api.ts';
import type { Cluster, CommandContext } from './commands/context.ts';
import { applyObject } from './cluster-objects.ts';
import { nodesOf, portsOf } from './supervisor/layout.ts';

const yearSeconds = 365 * 24 * 60 * 60;

/** Writes `$BERTH_HOME/prometheus.yml`, its variant with Kubernetes discovery, the list of nodes and the token of the service account that it scrapes with. Renewed at every start. */
export async function writePrometheusConfig(context: CommandContext, { layout, settings }: Cluster, api: ClusterApi): Promise<void> {
  const folder = join(context.installation, 'deploy', 'prometheus');
  const manifests = await readFile(join(folder, 'service-account.yaml'), 'utf8');
  for (const document of parseAllDocuments(manifests)) await applyObject(api, document.toJS() as KubeObject);
  const { status } = await api.post<{ status: { token: string } }>('/api/v1/namespaces/monitoring/serviceaccounts/prometheus/token', {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { expirationSeconds: yearSeconds },
  });
  await writeFileAtomic(layout.prometheusToken, status.token);
  const ports = portsOf(settings);
  const nodes = nodesOf(settings).map(({ name, ip }) => ({ targets: [`${ip}:${ports.agent}`], labels: { node: name } }));
  await writeFileAtomic(layout.prometheusNodes, `${JSON.stringify(nodes, null, 2)}\n`);
  const values: Record<string, string> = {
    API_SERVER: `127.0.0.1:${ports.api}`,
    SCHEDULER: `127.0.0.1:${ports.scheduler}`,
    CONTROLLER_MANAGER: `127.0.0.1:${ports.controllerManager}`,
    REGISTRY: `127.0.0.1:${ports.registryMetrics}`,
    CA_FILE: layout.certificate('ca'),
    TOKEN_FILE: layout.prometheusToken,
    CLUSTER: settings.name,
  };
  const access = `authorization: { credentials_file: '${values.TOKEN_FILE}' }, tls_config: { ca_file: '${values.CA_FILE}' }`;
  const discoveries = {
    [layout.prometheusConfig]: `file_sd_configs: [{ files: ['${layout.prometheusNodes}'] }]`,
    [layout.prometheusKubernetesConfig]: `kubernetes_sd_configs: [{ role: node, api_server: 'https://${values.API_SERVER}', ${access} }]`,
  };
  const template = await readFile(join(folder, 'prometheus.yml'), 'utf8');
  for (const [path, discovery] of Object.entries(discoveries)) {
    const all: Record<string, string> = { ...values, NODE_DISCOVERY: discovery };
    await writeFileAtomic(
      path,
      template.replace(/\$\{([A-Z_]+)\}/g, (text, name: string) => lookUp(all, name) ?? text),
    );
  }
}
