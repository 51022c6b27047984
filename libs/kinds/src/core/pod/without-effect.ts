import type { PodSpec, ProjectedVolumeSource, SecurityContext, Volume } from '#api/types';

/** Volumes that need a driver which no node has, and that upstream's own warnings do not speak of. */
export const withoutPlugin: ReadonlySet<string> = new Set([
  'awsElasticBlockStore',
  'azureDisk',
  'azureFile',
  'cinder',
  'fc',
  'flexVolume',
  'gcePersistentDisk',
  'portworxVolume',
  'vsphereVolume',
]);

/**
 * Fields that are accepted, since clients may rightly write them, and that nothing on Berth's nodes acts on. Upstream says nothing where a
 * node lacks the feature; here whoever sets one is told.
 */
export function withoutEffect(spec: PodSpec, path: string): string[] {
  const { securityContext, schedulingGroup } = spec;
  const lists = ['initContainers', 'containers', 'ephemeralContainers'] as const;
  return [
    ...(spec.volumes ?? []).flatMap((volume, i) => ofVolume(volume, `${path}.volumes[${i}]`)),
    ...ofContext(securityContext, `${path}.securityContext`),
    ...(securityContext?.seLinuxChangePolicy === undefined ? [] : [`${path}.securityContext.seLinuxChangePolicy: ${noSeLinux}`]),
    ...lists.flatMap((list) =>
      (spec[list] ?? []).flatMap((container, i) => ofContext(container.securityContext, `${path}.${list}[${i}].securityContext`)),
    ),
    ...(schedulingGroup === undefined ? [] : [`${path}.schedulingGroup: has no effect, each pod is scheduled by itself`]),
  ];
}

const noSeLinux = 'has no effect, no node of this cluster enforces SELinux';

function ofContext(context: Pick<SecurityContext, 'seLinuxOptions' | 'windowsOptions'> | undefined, path: string): string[] {
  return [
    ...(!asks(context?.seLinuxOptions) ? [] : [`${path}.seLinuxOptions: ${noSeLinux}`]),
    ...(!asks(context?.windowsOptions) ? [] : [`${path}.windowsOptions: has no effect, no node of this cluster runs Windows`]),
  ];
}

/** Charts write `{}` where nobody asked for anything. */
const asks = (options: object | undefined): boolean => options !== undefined && Object.keys(options).length > 0;

function ofVolume(volume: Volume, path: string): string[] {
  const kinds = Object.keys(volume).filter((kind) => withoutPlugin.has(kind));
  return [
    ...kinds.map((kind) => `${path}.${kind}: no node of this cluster has a plugin for such a volume, the pod will not start`),
    ...ofProjections(volume.projected?.sources ?? [], `${path}.projected.sources`),
  ];
}

function ofProjections(sources: NonNullable<ProjectedVolumeSource['sources']>, path: string): string[] {
  const unknown = ['clusterTrustBundle', 'podCertificate'] as const;
  return sources.flatMap((source, i) =>
    unknown
      .filter((kind) => source[kind] !== undefined)
      .map((kind) => `${path}[${i}].${kind}: no node of this cluster can project it, the pod will not start`),
  );
}
