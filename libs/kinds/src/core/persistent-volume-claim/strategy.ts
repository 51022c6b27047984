import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from '#api/types';
import type { Strategy } from '../../contract.ts';
import { claimWarnings } from './warnings.ts';

/** `k8s.io/kubernetes/pkg/registry/core/persistentvolumeclaim`, NormalizeDataSources and EnforceDataSourceBackwardsCompatibility. */
export const strategy: Strategy<PersistentVolumeClaim> = {
  prepareForCreate: (claim) => ({ ...claim, spec: withSources(claim.spec), status: { phase: 'Pending' } }),
  prepareForUpdate: (next, previous) => ({ ...next, spec: withoutNamespace(next.spec), status: previous.status }),
  returnsDeleted: true,
  warnings: claimWarnings,
};

export const prepareStatus = (next: PersistentVolumeClaim, previous: PersistentVolumeClaim): PersistentVolumeClaim => ({
  ...next,
  spec: previous.spec,
});

/** KEP-1495: each of the two fields is filled from the other; what the old one could never refer to is taken out of it. */
function withSources(given: PersistentVolumeClaimSpec): PersistentVolumeClaimSpec {
  const spec = withoutNamespace(given);
  const { dataSource, dataSourceRef, ...rest } = spec;
  const source = dataSource ?? (dataSourceRef && !dataSourceRef.namespace ? dataSourceRef : undefined);
  const reference = dataSourceRef ?? dataSource;
  return {
    ...rest,
    ...(source && (dataSourceRef || isOldSource(source)) && { dataSource: source }),
    ...(reference && (dataSourceRef || isOldSource(reference)) && { dataSourceRef: reference }),
  };
}

const isOldSource = ({ apiGroup, kind }: { apiGroup?: string; kind?: string }): boolean =>
  kind === 'PersistentVolumeClaim' ? !apiGroup : kind === 'VolumeSnapshot' && apiGroup === 'snapshot.storage.k8s.io';

/** KEP-3294 is alpha and off: a source lies in the claim's own namespace. */
function withoutNamespace(spec: PersistentVolumeClaimSpec): PersistentVolumeClaimSpec {
  if (!spec.dataSourceRef?.namespace) return spec;
  const { namespace: _, ...dataSourceRef } = spec.dataSourceRef;
  return { ...spec, dataSourceRef };
}
