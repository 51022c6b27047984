import type { ReplicationController } from '#api/types';
import type { Strategy } from '../../contract.ts';
import { applyTemplateDefaults } from '../pod/defaults.ts';
import { templateWarnings } from '../pod/warnings.ts';

/** What has no selector, and no labels, has those of its template. */
export function applyControllerDefaults(controller: ReplicationController): ReplicationController {
  const spec = controller.spec ?? {};
  const labels = spec.template?.metadata?.labels;
  const none = (map: Record<string, string> | undefined): boolean => Object.keys(map ?? {}).length === 0;
  return {
    ...controller,
    metadata: { ...controller.metadata, ...(labels && none(controller.metadata.labels) && { labels }) },
    spec: {
      ...spec,
      ...(labels && none(spec.selector) && { selector: labels }),
      ...(spec.template && { template: applyTemplateDefaults(spec.template) }),
    },
  };
}

export const strategy: Strategy<ReplicationController> = {
  prepareForCreate: (controller) => ({ ...controller, status: { replicas: 0 } }),
  prepareForUpdate: (next, previous) => ({ ...next, status: previous.status }),
  generationOf: ({ spec }) => spec,
  // Clients of old deleted the pods themselves.
  defaultPropagation: 'Orphan',
  warnings: ({ spec }) => templateWarnings(spec?.template, 'spec.template'),
};

export const prepareStatus = (next: ReplicationController, previous: ReplicationController): ReplicationController => ({
  ...next,
  spec: previous.spec,
});
