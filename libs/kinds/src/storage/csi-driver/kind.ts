import type { CSIDriver } from '#api/types';
import type { KindDefinition } from '../../contract.ts';
import { columns } from './columns.ts';
import { validateCsiDriver, validateCsiDriverUpdate } from './validation.ts';

export const csiDriver: KindDefinition<CSIDriver> = {
  gvk: { group: 'storage.k8s.io', version: 'v1', kind: 'CSIDriver' },
  scope: 'Cluster',
  names: { plural: 'csidrivers', singular: 'csidriver' },
  applyDefaults: withDefaults,
  validate: validateCsiDriver,
  validateUpdate: validateCsiDriverUpdate,
  strategy: { generationOf: ({ spec }) => spec, allowUnconditionalUpdate: false, returnsDeleted: true, warnings },
  columns,
};

/** What no node and no scheduler here acts on. */
function warnings({ spec }: CSIDriver): string[] {
  return [
    ...(spec.seLinuxMount ? ['spec.seLinuxMount: has no effect, no node has SELinux'] : []),
    ...(spec.nodeAllocatableUpdatePeriodSeconds === undefined
      ? []
      : ['spec.nodeAllocatableUpdatePeriodSeconds: has no effect, a driver is asked when it registers']),
    ...(spec.preventPodSchedulingIfMissing ? ['spec.preventPodSchedulingIfMissing: has no effect, as without VolumeLimitScaling'] : []),
  ];
}

/** SetDefaults_CSIDriver. */
function withDefaults(driver: CSIDriver): CSIDriver {
  const { spec } = driver;
  const defaults = {
    attachRequired: true,
    podInfoOnMount: false,
    storageCapacity: false,
    fsGroupPolicy: 'ReadWriteOnceWithFSType',
    requiresRepublish: false,
    seLinuxMount: false,
  };
  const given = Object.fromEntries(Object.entries(spec ?? {}).filter(([, value]) => value !== undefined));
  const volumeLifecycleModes = spec?.volumeLifecycleModes?.length ? spec.volumeLifecycleModes : ['Persistent'];
  return { ...driver, spec: { ...defaults, ...given, volumeLifecycleModes } };
}
