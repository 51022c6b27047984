import type { ReplicaSet } from '#api/types';
import type { Strategy } from '../../contract.ts';
import { applyTemplateDefaults } from '../../core/pod/defaults.ts';
import { templateWarnings } from '../../core/pod/warnings.ts';

export const applyReplicaSetDefaults = (set: ReplicaSet): ReplicaSet =>
  set.spec ? { ...set, spec: { ...set.spec, template: applyTemplateDefaults(set.spec.template) } } : set;

export const strategy: Strategy<ReplicaSet> = {
  prepareForCreate: (set) => ({ ...set, status: { replicas: 0 } }),
  prepareForUpdate: (next, previous) => ({ ...next, status: previous.status }),
  generationOf: ({ spec }) => spec,
  warnings: ({ spec }) => templateWarnings(spec?.template, 'spec.template'),
};

export const prepareStatus = (next: ReplicaSet, previous: ReplicaSet): ReplicaSet => ({ ...next, spec: previous.spec });
