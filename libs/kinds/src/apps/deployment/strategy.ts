import type { Deployment, DeploymentSpec } from '#api/types';
import type { Strategy } from '../../contract.ts';
import { applyTemplateDefaults } from '../../core/pod/defaults.ts';
import { templateWarnings } from '../../core/pod/warnings.ts';

/** The strategy is written out, so that whoever reads a Deployment sees what it will do. */
export function applyDeploymentDefaults(deployment: Deployment): Deployment {
  const { spec } = deployment;
  if (!spec) return deployment;
  return { ...deployment, spec: { ...spec, template: applyTemplateDefaults(spec.template), strategy: strategyOf(spec) } };
}

function strategyOf({ strategy }: DeploymentSpec): DeploymentSpec['strategy'] {
  const type = strategy?.type || 'RollingUpdate';
  if (type !== 'RollingUpdate') return { ...strategy, type };
  return { ...strategy, type, rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%', ...strategy?.rollingUpdate } };
}

/** `pkg/registry/apps/deployment/strategy.go`. */
export const strategy: Strategy<Deployment> = {
  prepareForCreate: (deployment) => ({ ...deployment, status: {} }),
  prepareForUpdate: (next, previous) => ({ ...next, status: previous.status }),
  // Annotations count: the controller copies them to its ReplicaSets.
  generationOf: ({ spec, metadata }) => ({ spec, annotations: metadata.annotations }),
  warnings: ({ spec }) => templateWarnings(spec?.template, 'spec.template'),
};

/** Labels select deployments: the status may not change them. */
export const prepareStatus = (next: Deployment, previous: Deployment): Deployment => ({
  ...next,
  metadata: { ...next.metadata, labels: previous.metadata.labels },
  spec: previous.spec,
});
