import type { ConfigMap, Namespace } from '#api/types';
import type { Plan } from '#controller-runtime/contract';

/** One namespace and what stands in it under the published name. */
export interface Seen {
  namespace: Namespace;
  configMap?: ConfigMap;
  /** PEM of the authority that signed the api-server's certificate. */
  rootCa: string;
}

/** An update replaces `data` and keeps everything else that somebody put on the ConfigMap. */
export type Action = { do: 'create'; configMap: ConfigMap } | { do: 'update'; configMap: ConfigMap };

/** Upstream's fixed name: the service-account volume of every pod mounts it by that. */
export const configMapName = 'kube-root-ca.crt';
const description =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or ' +
  'kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.';

/** `pkg/controller/certificates/rootcacertpublisher`: pods verify the api-server with what this puts into their namespace. */
export function reconcile({ namespace, configMap, rootCa }: Seen): Plan<Action> {
  if (namespace.metadata.deletionTimestamp) return { actions: [] };
  const data = { 'ca.crt': rootCa };
  const annotations = { ...configMap?.metadata.annotations, 'kubernetes.io/description': description };
  if (!configMap) {
    const metadata = { namespace: namespace.metadata.name, name: configMapName, annotations };
    return { actions: [{ do: 'create', configMap: { apiVersion: 'v1', kind: 'ConfigMap', metadata, data } }] };
  }
  const described = configMap.metadata.annotations?.['kubernetes.io/description'] === description;
  if (described && JSON.stringify(configMap.data ?? {}) === JSON.stringify(data)) return { actions: [] };
  return { actions: [{ do: 'update', configMap: { ...configMap, metadata: { ...configMap.metadata, annotations }, data } }] };
}
