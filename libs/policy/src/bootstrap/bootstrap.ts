import { hostname } from 'node:os';
import { createHash } from 'node:crypto';
import { ApiError, gvkOf, type KubeObject } from '#api';
import type { ServerParts } from '#api-server/contract';
import type { Clock } from '#base';
import {
  clusterInfo,
  defaultIngressClassAnnotation,
  gvks,
  ingressController,
  localStorage,
  storageNames,
  systemPriorityClasses,
} from '#objects';
import type { Logger } from '#telemetry';
import { apiServerUser, reconcileDefaultRbac } from '../authorization/index.ts';

/** What making and keeping a cluster's first objects needs. */
export interface BootstrapParts extends ServerParts {
  clock: Clock;
  logger: Logger;
  /** Where clients in the cluster reach this server. */
  advertise: { address: string; port: number; grpcPort: number };
  rootCa?: string | undefined;
  serviceCidrs: readonly string[];
  defaultIngressClass?: string | undefined;
}

/** Upstream's four; node heartbeats have one of their own, so that they can be read without the rest. */
const systemNamespaces = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];

/** What a cluster has before anyone made anything. Idempotent, and several servers may do it at once. */
export async function bootstrap(parts: BootstrapParts): Promise<void> {
  if (!parts.view.get(gvks.Namespace, '', 'kube-system')) await ensure(parts, localClass);
  for (const name of systemNamespaces) await ensure(parts, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  await reconcileDefaultRbac(parts.service, parts.view);
  for (const priorityClass of systemPriorities) await ensure(parts, priorityClass);
  if (parts.defaultIngressClass !== undefined) await ensure(parts, ownIngressClass(parts.defaultIngressClass));
  if (parts.rootCa !== undefined) await ensure(parts, clusterInfoOf(parts.advertise, parts.rootCa));
  parts.logger.info({ namespaces: systemNamespaces }, 'cluster has what every cluster has');
}

const systemPriorities: readonly KubeObject[] = [
  priority('system-node-critical', 'Used for system critical pods that must not be moved from their current node.'),
  priority(
    'system-cluster-critical',
    'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
  ),
];

function priority(name: keyof typeof systemPriorityClasses, description: string): KubeObject {
  const value = systemPriorityClasses[name];
  return { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name }, value, description } as KubeObject;
}

/** Of a cluster that is made now only: whoever takes it away later, or marks another class, has it so. */
const localClass = {
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: { name: 'local', annotations: { [storageNames.defaultClass]: 'true' } },
  provisioner: localStorage.provisioner,
  volumeBindingMode: 'WaitForFirstConsumer',
  allowVolumeExpansion: true,
} as KubeObject;

/** Whoever wants another default class marks that one, and takes the mark from this. */
function ownIngressClass(name: string): KubeObject {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IngressClass',
    metadata: { name, annotations: { [defaultIngressClassAnnotation]: 'true' } },
    spec: { controller: ingressController },
  } as KubeObject;
}

/** Anybody may read it: where the cluster is, signed for those who hold a bootstrap token. */
function clusterInfoOf({ address, port }: BootstrapParts['advertise'], rootCa: string): KubeObject {
  const server = `https://${address.includes(':') ? `[${address}]` : address}:${port}`;
  const cluster = { 'certificate-authority-data': Buffer.from(rootCa).toString('base64'), server };
  // A kubeconfig in JSON, which is YAML too.
  const kubeconfig = { apiVersion: 'v1', kind: 'Config', clusters: [{ name: '', cluster }] };
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: clusterInfo,
    data: { kubeconfig: `${JSON.stringify(kubeconfig)}\n` },
  } as KubeObject;
}

/** Creates an object unless it is there; kinds that are not served are passed over. */
export async function ensure(parts: ServerParts, object: KubeObject): Promise<void> {
  const kind = parts.kinds.ofGvk(gvkOf(object));
  const { namespace = '', name = '' } = object.metadata;
  if (!kind || parts.view.get(kind.gvk, namespace, name)) return;
  try {
    await parts.service.write({
      verb: 'create',
      user: apiServerUser,
      resource: kind.resource,
      namespace,
      body: { value: object },
      fieldManager: 'kube-apiserver',
    });
  } catch (err) {
    // Another server was quicker.
    if (!(err instanceof ApiError) || err.code !== 409) throw err;
  }
}

/** The name of this server's Lease: the same after a restart on the same address. KEP-1965. */
export function identityName(advertise: { address: string; port: number }): string {
  const digest = createHash('sha256').update(`${hostname()}/${advertise.address}:${advertise.port}`).digest('base64url').toLowerCase();
  return `apiserver-${digest.replaceAll(/[^a-z0-9]/g, '').slice(0, 26)}`;
}
