import type { KubeObject } from '#api';

interface Named {
  name?: string;
}
interface VolumeShape {
  name: string;
  secret?: { secretName?: string };
  configMap?: Named;
  persistentVolumeClaim?: { claimName?: string };
  ephemeral?: object;
  projected?: {
    sources?: {
      secret?: Named;
      configMap?: Named;
      serviceAccountToken?: { audience?: string };
      clusterTrustBundle?: object;
      podCertificate?: object;
    }[];
  };
  azureFile?: { secretName?: string };
  csi?: { nodePublishSecretRef?: Named };
  /** Older volume types name their Secret alike. */
  cephfs?: { secretRef?: Named };
  cinder?: { secretRef?: Named };
  flexVolume?: { secretRef?: Named };
  iscsi?: { secretRef?: Named };
  rbd?: { secretRef?: Named };
  scaleIO?: { secretRef?: Named };
  storageos?: { secretRef?: Named };
}
interface ContainerShape {
  env?: { valueFrom?: { secretKeyRef?: Named; configMapKeyRef?: Named } }[];
  envFrom?: { secretRef?: Named; configMapRef?: Named }[];
}
/** The part of a pod that refers to other objects. */
export interface PodShape extends KubeObject {
  spec?: {
    nodeName?: string;
    serviceAccountName?: string;
    imagePullSecrets?: Named[];
    volumes?: VolumeShape[];
    containers?: ContainerShape[];
    initContainers?: ContainerShape[];
    ephemeralContainers?: ContainerShape[];
    resourceClaims?: object[];
  };
}

const containersOf = ({ spec }: PodShape): ContainerShape[] => [
  ...(spec?.containers ?? []),
  ...(spec?.initContainers ?? []),
  ...(spec?.ephemeralContainers ?? []),
];
const present = (names: readonly (string | undefined)[]): string[] => names.filter((name) => name !== undefined && name !== '') as string[];

/** `k8s.io/kubernetes/pkg/api/pod.VisitPodSecretNames`. */
export function secretNames(pod: PodShape): string[] {
  return present([
    ...(pod.spec?.imagePullSecrets ?? []).map(({ name }) => name),
    ...(pod.spec?.volumes ?? []).flatMap((volume) => [
      volume.secret?.secretName,
      volume.azureFile?.secretName,
      volume.csi?.nodePublishSecretRef?.name,
      ...(volume.projected?.sources ?? []).map(({ secret }) => secret?.name),
      ...[volume.cephfs, volume.cinder, volume.flexVolume, volume.iscsi, volume.rbd, volume.scaleIO, volume.storageos].map(
        (source) => source?.secretRef?.name,
      ),
    ]),
    ...containersOf(pod).flatMap(({ env, envFrom }) => [
      ...(env ?? []).map(({ valueFrom }) => valueFrom?.secretKeyRef?.name),
      ...(envFrom ?? []).map(({ secretRef }) => secretRef?.name),
    ]),
  ]);
}

/** `k8s.io/kubernetes/pkg/api/pod.VisitPodConfigmapNames`. */
export function configMapNames(pod: PodShape): string[] {
  return present([
    ...(pod.spec?.volumes ?? []).flatMap(({ configMap, projected }) => [
      configMap?.name,
      ...(projected?.sources ?? []).map((source) => source.configMap?.name),
    ]),
    ...containersOf(pod).flatMap(({ env, envFrom }) => [
      ...(env ?? []).map(({ valueFrom }) => valueFrom?.configMapKeyRef?.name),
      ...(envFrom ?? []).map(({ configMapRef }) => configMapRef?.name),
    ]),
  ]);
}

/** Generic ephemeral volumes have a claim that is named after pod and volume (KEP-1698). */
export function claimNames(pod: PodShape): string[] {
  return present(
    (pod.spec?.volumes ?? []).map((volume) =>
      volume.ephemeral ? `${pod.metadata.name}-${volume.name}` : volume.persistentVolumeClaim?.claimName,
    ),
  );
}

/** Whether the pod mounts a token for this audience; '' is the api-server's own. */
export function mountsToken({ spec }: PodShape, audience: string): boolean {
  return (spec?.volumes ?? []).some(({ projected }) =>
    projected?.sources?.some(({ serviceAccountToken }) => serviceAccountToken && (serviceAccountToken.audience ?? '') === audience),
  );
}

/** The kinds of objects that a pod refers to, in the words of NodeRestriction; nothing of what a mirror pod may have. */
export function referredKinds(pod: PodShape): string[] {
  const { serviceAccountName, resourceClaims, volumes } = pod.spec ?? {};
  const sources = (volumes ?? []).flatMap(({ projected }) => projected?.sources ?? []);
  const refers: [string, boolean][] = [
    ['a service account', Boolean(serviceAccountName)],
    ['secrets', secretNames(pod).length > 0],
    ['configmaps', configMapNames(pod).length > 0],
    ['clustertrustbundles', sources.some(({ clusterTrustBundle }) => clusterTrustBundle)],
    ['service account tokens', sources.some(({ serviceAccountToken }) => serviceAccountToken)],
    ['pod certificates', sources.some(({ podCertificate }) => podCertificate)],
    ['persistentvolumeclaims', claimNames(pod).length > 0],
    ['resourceclaims', (resourceClaims ?? []).length > 0],
  ];
  return refers.filter(([, does]) => does).map(([kind]) => kind);
}
