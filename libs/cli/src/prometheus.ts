import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '#api';
import { writeFileAtomic } from '#base';
import type { ClusterApi } from './cluster-api.ts';
import type { Cluster, CommandContext } from './commands/context.ts';
import { applyObject } from './demo.ts';
import { portsOf } from './supervisor/layout.ts';

const yearSeconds = 365 * 24 * 60 * 60;

/** Writes `$BERTH_HOME/prometheus.yml` and the token of the service account that it scrapes with. Renewed at every start. */
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
  const values: Record<string, string> = {
    API_SERVER: `127.0.0.1:${ports.api}`,
    SCHEDULER: `127.0.0.1:${ports.scheduler}`,
    CONTROLLER_MANAGER: `127.0.0.1:${ports.controllerManager}`,
    REGISTRY: `127.0.0.1:${ports.registryMetrics}`,
    CA_FILE: layout.certificate('ca'),
    TOKEN_FILE: layout.prometheusToken,
    CLUSTER: settings.name,
  };
  const template = await readFile(join(folder, 'prometheus.yml'), 'utf8');
  await writeFileAtomic(
    layout.prometheusConfig,
    template.replace(/\$\{([A-Z_]+)\}/g, (_, name: string) => values[name] ?? `\${${name}}`),
  );
}
