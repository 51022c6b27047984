import type { KubeObject } from '#api';
import { lookUp } from '#base';
import type { ClusterApi } from './cluster-api.ts';

const paths: Readonly<Record<string, string>> = {
  Namespace: '/api/v1/namespaces',
  ConfigMap: '/api/v1/namespaces/NAMESPACE/configmaps',
  Secret: '/api/v1/namespaces/NAMESPACE/secrets',
  PersistentVolumeClaim: '/api/v1/namespaces/NAMESPACE/persistentvolumeclaims',
  Pod: '/api/v1/namespaces/NAMESPACE/pods',
  ServiceAccount: '/api/v1/namespaces/NAMESPACE/serviceaccounts',
  Service: '/api/v1/namespaces/NAMESPACE/services',
  Deployment: '/apis/apps/v1/namespaces/NAMESPACE/deployments',
  DaemonSet: '/apis/apps/v1/namespaces/NAMESPACE/daemonsets',
  Job: '/apis/batch/v1/namespaces/NAMESPACE/jobs',
  NetworkPolicy: '/apis/networking.k8s.io/v1/namespaces/NAMESPACE/networkpolicies',
  ClusterRole: '/apis/rbac.authorization.k8s.io/v1/clusterroles',
  ClusterRoleBinding: '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings',
};

/** Where the objects of a kind are, of those that this command makes. */
export function pathOf(kind: string, namespace = 'default'): string {
  const path = lookUp(paths, kind);
  if (!path) throw new Error(`a manifest of Berth holds a ${kind}, which it cannot apply`);
  return path.replace('NAMESPACE', namespace);
}

/** Makes an object or brings it to what is given. */
export async function applyObject(api: ClusterApi, object: KubeObject, namespace = object.metadata.namespace): Promise<void> {
  await api.apply(`${pathOf(object.kind, namespace)}/${object.metadata.name}`, object);
}
