import type { Pod, PodCondition } from '#api/types';
import { isTerminal, qosClassOf } from '#objects';
import type { Strategy } from '../../contract.ts';
import { mirrorServiceAccount } from './defaults.ts';
import { podWarnings } from './warnings.ts';

/**
 * `pkg/registry/core/pod/strategy.go`: a new pod is Pending whatever its creator says of its status, and its class of service is settled.
 */
export const strategy: Strategy<Pod> = {
  prepareForCreate: (pod) => ({
    ...pod,
    spec: mirrorServiceAccount(pod.spec),
    status: { phase: 'Pending', qosClass: qosClassOf(pod), ...gatedCondition(pod) },
  }),
  prepareForUpdate: (next, previous) => ({ ...next, spec: mirrorServiceAccount(next.spec), status: previous.status }),
  generationOf: ({ spec }) => spec, // KEP-5067
  returnsDeleted: true,
  deletionGrace: (pod, requested) => ({ graceSeconds: graceSeconds(pod, requested), object: pod }),
  warnings: podWarnings,
};

/** A pod that no kubelet looks after, or that has ended, needs no time to end. */
function graceSeconds({ spec, status }: Pod, requested: number | undefined): number {
  if (!spec.nodeName || isTerminal({ status })) return 0;
  const seconds = requested ?? spec.terminationGracePeriodSeconds ?? 0;
  return seconds < 0 ? 1 : seconds;
}

/** KEP-3521: says at once why the scheduler does not look at the pod. */
function gatedCondition({ spec }: Pod): { conditions?: PodCondition[] } {
  if ((spec.schedulingGates ?? []).length === 0) return {};
  return {
    conditions: [
      {
        type: 'PodScheduled',
        status: 'False',
        reason: 'SchedulingGated',
        message: 'Scheduling is blocked due to non-empty scheduling gates',
      },
    ],
  };
}

/** The status alone; the class of service is fixed at creation, and the two spellings of the addresses are kept alike. */
export function prepareStatus(next: Pod, previous: Pod): Pod {
  const status = next.status ?? {};
  return {
    ...next,
    metadata: {
      ...next.metadata,
      ownerReferences: previous.metadata.ownerReferences,
      deletionTimestamp: previous.metadata.deletionTimestamp,
    },
    spec: previous.spec,
    status: {
      ...status,
      ...addresses(status, 'podIP', 'podIPs'),
      ...addresses(status, 'hostIP', 'hostIPs'),
      qosClass: status.qosClass || previous.status?.qosClass,
    },
  };
}

/** `podIP` is the first of `podIPs`. Where a client wrote only one of them, or changed only the first, the list follows. */
function addresses<One extends 'podIP' | 'hostIP', Many extends 'podIPs' | 'hostIPs'>(
  status: { [K in One]?: string } & { [K in Many]?: { ip?: string }[] },
  one: One,
  many: Many,
): Partial<Record<string, unknown>> {
  const first = status[one];
  const list = status[many] ?? [];
  if (!first && list.length === 0) return {};
  if (!first) return { [one]: list[0]?.ip };
  return list[0]?.ip === first ? {} : { [many]: [{ ip: first }] };
}

/** Ephemeral containers alone: KEP-277. */
export const prepareEphemeral = (next: Pod, previous: Pod): Pod => ({
  ...next,
  spec: { ...previous.spec, ephemeralContainers: next.spec.ephemeralContainers },
  status: previous.status,
});

/** Resources and resize policies of containers alone: KEP-1287. */
export function prepareResize(next: Pod, previous: Pod): Pod {
  const lists = ['containers', 'initContainers'] as const;
  const resized = lists.map((list) => {
    const wanted = new Map((next.spec[list] ?? []).toReversed().map((container) => [container.name, container]));
    const containers = previous.spec[list]?.map((container) => {
      const asked = wanted.get(container.name);
      return asked ? { ...container, resources: asked.resources ?? {}, resizePolicy: asked.resizePolicy } : container;
    });
    return [list, containers];
  });
  return { ...next, spec: { ...previous.spec, ...Object.fromEntries(resized) }, status: previous.status };
}
