import type { Affinity, DaemonSet, Node, Pod, PodSpec, Toleration } from '#api/types';
import { taintKeys, untoleratedTaint, wantsNode } from '#objects';

const { notReady, unreachable, diskPressure, memoryPressure, pidPressure, unschedulable, networkUnavailable } = taintKeys;
const toleration = (key: string, effect: string): Toleration => ({ key, operator: 'Exists', effect });

/** "DaemonSet", "Taints and tolerations": a daemon is started and kept whatever the node is short of. */
const automatic: readonly Toleration[] = [
  toleration(notReady, 'NoExecute'),
  toleration(unreachable, 'NoExecute'),
  toleration(diskPressure, 'NoSchedule'),
  toleration(memoryPressure, 'NoSchedule'),
  toleration(pidPressure, 'NoSchedule'),
  toleration(unschedulable, 'NoSchedule'),
];
const withoutNetwork = toleration(networkUnavailable, 'NoSchedule');

/** The template's own, of which those that say the same for a limited time are replaced, and the automatic ones. */
export function daemonTolerations({ hostNetwork, tolerations = [] }: PodSpec): Toleration[] {
  let all = [...tolerations];
  for (const added of hostNetwork ? [...automatic, withoutNetwork] : automatic) {
    const at = all.findIndex(
      ({ key, operator, value, effect }) => key === added.key && operator === added.operator && effect === added.effect && !value,
    );
    all = at < 0 ? [...all, added] : all.with(at, added);
  }
  return all;
}

export interface Fit {
  /** A pod is to be there. */
  wanted: boolean;
  /** One that is there may stay: a taint that only keeps pods from being scheduled drives none off. */
  mayStay: boolean;
}

/** `pkg/controller/daemon`, NodeShouldRunDaemonPod. Asked for every node, so what the set alone decides is decided first. */
export function fits({ spec: { template } }: DaemonSet): (node: Node) => Fit {
  const { spec } = template;
  const tolerations = daemonTolerations(spec);
  return ({ metadata: { name = '', labels = {} }, spec: { taints = [] } }) => {
    if ((spec.nodeName && spec.nodeName !== name) || !wantsNode(spec, { name, labels })) return { wanted: false, mayStay: false };
    const refused = untoleratedTaint(tolerations, taints);
    const drivenOff = untoleratedTaint(
      tolerations,
      taints.filter(({ effect }) => effect === 'NoExecute'),
    );
    return { wanted: !refused, mayStay: !drivenOff };
  };
}

const nameField = 'metadata.name';

/** What makes the scheduler put a pod on this node and no other. It takes the place of the required node affinity, which the node has met. */
export function boundTo(node: string, affinity: Affinity | undefined): Affinity {
  const nodeSelectorTerms = [{ matchFields: [{ key: nameField, operator: 'In', values: [node] }] }];
  return {
    ...affinity,
    nodeAffinity: { ...affinity?.nodeAffinity, requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } },
  };
}

/** The node that a pod is on or meant for. */
export function targetNode({ spec: { nodeName, affinity } }: Pod): string | undefined {
  if (nodeName) return nodeName;
  const terms = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const names = terms.flatMap(({ matchFields = [] }) =>
    matchFields.filter(({ key, operator, values }) => key === nameField && operator === 'In' && values?.length === 1),
  );
  return names[0]?.values?.[0];
}
