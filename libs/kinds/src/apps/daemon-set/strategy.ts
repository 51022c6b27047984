import type { DaemonSet } from '#api/types';
import type { Strategy } from '../../contract.ts';
import { applyTemplateDefaults } from '../../core/pod/defaults.ts';
import { templateWarnings } from '../../core/pod/warnings.ts';
import { semanticEqual } from '../../rules/equality.ts';

/** Counts the templates; a field once, kept for those who read it. */
const templateGeneration = 'deprecated.daemonset.template.generation';

/** `k8s.io/kubernetes/pkg/apis/apps/v1`, SetDefaults_DaemonSet: what depends on other fields. */
export function applyDaemonSetDefaults(set: DaemonSet): DaemonSet {
  const { spec } = set;
  if (!spec) return set;
  const type = spec.updateStrategy?.type || 'RollingUpdate';
  const rollingUpdate = { maxUnavailable: 1, maxSurge: 0, ...spec.updateStrategy?.rollingUpdate };
  const updateStrategy = type === 'RollingUpdate' ? { ...spec.updateStrategy, type, rollingUpdate } : { ...spec.updateStrategy, type };
  return { ...set, spec: { ...spec, template: applyTemplateDefaults(spec.template), updateStrategy } };
}

export const strategy: Strategy<DaemonSet> = {
  prepareForCreate: (set) => ({
    ...withGeneration(set, 1),
    status: { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 },
  }),
  prepareForUpdate: (next, previous) => {
    const before = Number(previous.metadata.annotations?.[templateGeneration] ?? 1);
    const same = semanticEqual(next.spec?.template, previous.spec?.template);
    return { ...withGeneration(next, same ? before : before + 1), status: previous.status };
  },
  generationOf: ({ spec }) => spec,
  warnings: ({ spec }) => templateWarnings(spec?.template, 'spec.template'),
};

function withGeneration(set: DaemonSet, generation: number): DaemonSet {
  const annotations = { ...set.metadata.annotations, [templateGeneration]: String(generation) };
  return { ...set, metadata: { ...set.metadata, annotations } };
}

export const prepareStatus = (next: DaemonSet, previous: DaemonSet): DaemonSet => ({ ...next, spec: previous.spec });
