import type { PersistentVolumeClaim, StatefulSet } from '#api/types';
import type { Strategy } from '../../contract.ts';
import { applyTemplateDefaults } from '../../core/pod/defaults.ts';
import { templateWarnings } from '../../core/pod/warnings.ts';

/** `k8s.io/kubernetes/pkg/apis/apps/v1`, SetDefaults_StatefulSet: what depends on other fields. */
export function applyStatefulSetDefaults(set: StatefulSet): StatefulSet {
  const { spec } = set;
  if (!spec) return set;
  const type = spec.updateStrategy?.type || 'RollingUpdate';
  const rollingUpdate = { partition: 0, ...spec.updateStrategy?.rollingUpdate };
  const retention = spec.persistentVolumeClaimRetentionPolicy;
  return {
    ...set,
    spec: {
      ...spec,
      template: applyTemplateDefaults(spec.template),
      updateStrategy: type === 'RollingUpdate' ? { ...spec.updateStrategy, type, rollingUpdate } : { ...spec.updateStrategy, type },
      persistentVolumeClaimRetentionPolicy: {
        whenDeleted: retention?.whenDeleted || 'Retain',
        whenScaled: retention?.whenScaled || 'Retain',
      },
      ...(spec.volumeClaimTemplates && { volumeClaimTemplates: spec.volumeClaimTemplates.map(wholeClaim) }),
    },
  };
}

/** A claim template is a whole claim, kind and phase included. */
const wholeClaim = (claim: PersistentVolumeClaim): PersistentVolumeClaim => ({
  ...claim,
  kind: 'PersistentVolumeClaim',
  apiVersion: 'v1',
  status: { ...claim.status, phase: claim.status?.phase ?? 'Pending' },
});

export const strategy: Strategy<StatefulSet> = {
  prepareForCreate: (set) => ({ ...set, status: { replicas: 0, availableReplicas: 0 } }),
  prepareForUpdate: (next, previous) => ({ ...next, status: previous.status }),
  generationOf: ({ spec }) => spec,
  warnings: ({ spec }) => templateWarnings(spec?.template, 'spec.template'),
};

export const prepareStatus = (next: StatefulSet, previous: StatefulSet): StatefulSet => ({ ...next, spec: previous.spec });
