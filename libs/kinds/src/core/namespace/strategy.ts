import type { Strategy } from '../../contract.ts';
import type { Namespace } from '#api/types';

/** What the namespace controller takes away once the content is gone. */
const contentFinalizer = 'kubernetes';

export const strategy: Strategy<Namespace> = {
  prepareForCreate: (namespace) => {
    const finalizers = namespace.spec?.finalizers ?? [];
    return {
      ...namespace,
      spec: { ...namespace.spec, finalizers: finalizers.includes(contentFinalizer) ? finalizers : [...finalizers, contentFinalizer] },
      status: { phase: 'Active' },
    };
  },
  // Finalizers change through `finalize` only, the phase through `status` or a delete.
  prepareForUpdate: (next, previous) => ({
    ...next,
    spec: { ...next.spec, finalizers: previous.spec?.finalizers ?? [] },
    status: previous.status ?? {},
  }),
  // A delete starts the end: the object stays, Terminating, until its content and then its finalizers are gone.
  deletionGrace: (namespace) => ({ graceSeconds: 0, object: { ...namespace, status: { ...namespace.status, phase: 'Terminating' } } }),
  canFinish: (namespace) => (namespace.spec?.finalizers ?? []).length === 0,
};

/** `metadata.name` as a label, so that selectors can name a namespace: KEP-2161. */
export function withNameLabel(namespace: Namespace): Namespace {
  const { name, labels } = namespace.metadata;
  if (!name) return namespace;
  return { ...namespace, metadata: { ...namespace.metadata, labels: { ...labels, 'kubernetes.io/metadata.name': name } } };
}

export const prepareStatus = (next: Namespace, previous: Namespace): Namespace => ({ ...next, spec: previous.spec ?? {} });

/** `finalize` takes the finalizers of what was sent and nothing else. */
export const prepareFinalize = (next: Namespace, previous: Namespace): Namespace => ({
  ...previous,
  metadata: { ...previous.metadata, resourceVersion: next.metadata.resourceVersion },
  spec: { ...previous.spec, finalizers: next.spec?.finalizers ?? [] },
});
