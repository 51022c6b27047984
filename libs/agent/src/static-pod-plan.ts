import { timestamp } from '#api';
import type { Node, Pod } from '#api/types';
import { isMirrorPod, mergeTolerations, mirrorPodAnnotation, podSourceAnnotation, referredKinds } from '#objects';

/** Of its file: what is written there, and the path with all that makes one pod differ from another. */
const hashAnnotation = 'kubernetes.io/config.hash';
const seenAnnotation = 'kubernetes.io/config.seen';

export interface StaticPodSource {
  nodeName: string;
  path: string;
  seenAt: Date;
  /** Hexadecimal. */
  hash: (text: string) => string;
}

/**
 * A pod as a file describes it, as the one that its node runs: `pkg/kubelet/config/common.go`. Throws Error for what a static pod cannot
 * have: it must not need the API.
 */
export function staticPod(pod: Pod, { nodeName, path, seenAt, hash }: StaticPodSource): Pod {
  const [referred] = referredKinds(pod);
  if (referred) throw new Error(`static pods may not reference ${referred}`);
  const uid = pod.metadata.uid || hash(`${JSON.stringify(pod)}host:${nodeName}file:${path}`).slice(0, 32);
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      uid,
      name: `${pod.metadata.name ?? ''}-${nodeName.toLowerCase()}`,
      namespace: pod.metadata.namespace || 'default',
      annotations: {
        ...pod.metadata.annotations,
        [hashAnnotation]: uid,
        [podSourceAnnotation]: 'file',
        [seenAnnotation]: timestamp(seenAt),
      },
    },
    // Nothing that is wrong with the node drives it away.
    spec: {
      ...pod.spec,
      nodeName,
      tolerations: mergeTolerations(pod.spec.tolerations ?? [], [{ operator: 'Exists', effect: 'NoExecute' }]),
    },
    status: { phase: 'Pending' },
  };
}

/** What the API is to show of it. */
export function mirrorPod(pod: Pod, node: Node): Pod {
  const { uid, ...metadata } = pod.metadata;
  const owner = { apiVersion: 'v1', kind: 'Node', name: node.metadata.name ?? '', uid: node.metadata.uid ?? '', controller: true };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...metadata,
      annotations: { ...metadata.annotations, [mirrorPodAnnotation]: uid ?? '' },
      ownerReferences: [owner],
    },
    spec: pod.spec,
  };
}

export const fullName = ({ metadata }: Pod): string => `${metadata.namespace ?? ''}/${metadata.name ?? ''}`;

export interface MirrorPlan {
  /** Static pods that the API does not show. */
  create: Pod[];
  /** Mirror pods that show nothing, or what was there before, or that somebody has deleted: they are made anew. */
  remove: Pod[];
  /** Static pods by uid, each with its mirror. */
  shown: Map<string, Pod>;
  /** Whose name another pod has. */
  hidden: Pod[];
}

/** `ending`: full names of static pods whose files are gone, and which are still being ended. */
export function planMirrors(statics: readonly Pod[], bound: readonly Pod[], ending: ReadonlySet<string>): MirrorPlan {
  const plan: MirrorPlan = { create: [], remove: [], shown: new Map(), hidden: [] };
  const byName = new Map(bound.map((pod) => [fullName(pod), pod]));
  for (const pod of statics) {
    const shown = byName.get(fullName(pod));
    byName.delete(fullName(pod));
    if (!shown) plan.create.push(pod);
    else if (!isMirrorPod(shown)) plan.hidden.push(pod);
    else if (shown.metadata.deletionTimestamp || shown.metadata.annotations?.[mirrorPodAnnotation] !== pod.metadata.uid)
      plan.remove.push(shown);
    else plan.shown.set(pod.metadata.uid ?? '', shown);
  }
  for (const [name, pod] of byName) if (isMirrorPod(pod) && !ending.has(name)) plan.remove.push(pod);
  return plan;
}
