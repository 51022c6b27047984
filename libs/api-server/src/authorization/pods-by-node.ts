import type { KubeObject } from '#api';
import type { ClusterView } from '../cluster-view.ts';

interface Named {
  name?: string;
}
interface VolumeShape {
  name: string;
  secret?: { secretName?: string };
  configMap?: Named;
  persistentVolumeClaim?: { claimName?: string };
  ephemeral?: object;
  projected?: { sources?: { secret?: Named; configMap?: Named }[] };
  csi?: { nodePublishSecretRef?: Named };
}
interface ContainerShape {
  env?: { valueFrom?: { secretKeyRef?: Named; configMapKeyRef?: Named } }[];
  envFrom?: { secretRef?: Named; configMapRef?: Named }[];
}
export interface PodShape extends KubeObject {
  spec?: {
    nodeName?: string;
    serviceAccountName?: string;
    imagePullSecrets?: Named[];
    volumes?: VolumeShape[];
    containers?: ContainerShape[];
    initContainers?: ContainerShape[];
    ephemeralContainers?: ContainerShape[];
  };
}

const podKind = { group: '', version: 'v1', kind: 'Pod' } as const;

/** The pods of each node, kept current. */
export class PodsByNode {
  private readonly byNode = new Map<string, Map<string, PodShape>>();
  private readonly nodeOf = new Map<string, string>();

  constructor(view: ClusterView) {
    view.onChange(podKind, (pod, deleted) => this.observe(pod as PodShape, deleted));
  }

  some(node: string, namespace: string, test: (pod: PodShape) => boolean): boolean {
    for (const pod of this.byNode.get(node)?.values() ?? []) {
      if (pod.metadata.namespace === namespace && test(pod)) return true;
    }
    return false;
  }

  private observe(pod: PodShape, deleted: boolean): void {
    const key = `${pod.metadata.namespace}/${pod.metadata.name}`;
    const node = deleted ? undefined : pod.spec?.nodeName;
    const before = this.nodeOf.get(key);
    if (before !== undefined && before !== node) {
      const pods = this.byNode.get(before);
      pods?.delete(key);
      if (pods?.size === 0) this.byNode.delete(before);
      this.nodeOf.delete(key);
    }
    if (!node) return;
    this.nodeOf.set(key, node);
    const pods = this.byNode.get(node);
    if (pods) pods.set(key, pod);
    else this.byNode.set(node, new Map([[key, pod]]));
  }
}

const containersOf = ({ spec }: PodShape): ContainerShape[] => [
  ...(spec?.containers ?? []),
  ...(spec?.initContainers ?? []),
  ...(spec?.ephemeralContainers ?? []),
];

export function usesSecret(pod: PodShape, name: string): boolean {
  const { spec } = pod;
  return (
    (spec?.imagePullSecrets ?? []).some((secret) => secret.name === name) ||
    (spec?.volumes ?? []).some(
      ({ secret, projected, csi }) =>
        secret?.secretName === name ||
        csi?.nodePublishSecretRef?.name === name ||
        projected?.sources?.some((source) => source.secret?.name === name),
    ) ||
    containersOf(pod).some(
      ({ env, envFrom }) =>
        env?.some(({ valueFrom }) => valueFrom?.secretKeyRef?.name === name) || envFrom?.some(({ secretRef }) => secretRef?.name === name),
    )
  );
}

export function usesConfigMap(pod: PodShape, name: string): boolean {
  return (
    (pod.spec?.volumes ?? []).some(
      ({ configMap, projected }) => configMap?.name === name || projected?.sources?.some((source) => source.configMap?.name === name),
    ) ||
    containersOf(pod).some(
      ({ env, envFrom }) =>
        env?.some(({ valueFrom }) => valueFrom?.configMapKeyRef?.name === name) ||
        envFrom?.some(({ configMapRef }) => configMapRef?.name === name),
    )
  );
}

export function usesClaim(pod: PodShape, name: string): boolean {
  return (pod.spec?.volumes ?? []).some(
    (volume) => volume.persistentVolumeClaim?.claimName === name || (volume.ephemeral && `${pod.metadata.name}-${volume.name}` === name),
  );
}
