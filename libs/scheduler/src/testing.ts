import type { Node, Pod, PodSpec, Taint } from '#api/types';

/** A node with room for ten pods: 4 cores, 8 GiB. */
export function node(name: string, { cpu = '4', memory = '8Gi', labels = {}, taints = [], unschedulable = false }: NodeOptions = {}): Node {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/hostname': name, ...labels } },
    spec: { taints, unschedulable },
    status: { allocatable: { cpu, memory, pods: '10' } },
  };
}

export interface NodeOptions {
  cpu?: string;
  memory?: string;
  labels?: Record<string, string>;
  taints?: Taint[];
  unschedulable?: boolean;
}

/** A pod of one container in the namespace `default`. */
export function pod(name: string, { cpu, memory, labels = {}, owner, spec = {}, nodeName }: PodOptions = {}): Pod {
  const requests = { ...(cpu && { cpu }), ...(memory && { memory }) };
  const ownerReferences = owner ? [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: owner, uid: owner, controller: true }] : [];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: 'default',
      uid: name,
      labels,
      ownerReferences,
      creationTimestamp: '2026-01-01T00:00:00Z',
      resourceVersion: '1',
    },
    spec: {
      schedulerName: 'default-scheduler',
      containers: [{ name: 'c', image: 'x', resources: { requests } }],
      ...(nodeName && { nodeName }),
      ...spec,
    },
    status: { phase: 'Pending' },
  };
}

export interface PodOptions {
  cpu?: string;
  memory?: string;
  labels?: Record<string, string>;
  owner?: string;
  nodeName?: string;
  spec?: Partial<PodSpec>;
}
