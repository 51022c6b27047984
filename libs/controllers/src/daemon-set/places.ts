import { scaledValue } from '#api';
import type { DaemonSet, Node, Pod } from '#api/types';
import { isAvailable, isReady, isTerminal } from '#objects';
import { revisionHashLabel } from './history.ts';
import { type Fit, fits, targetNode } from './placement.ts';

export const generationLabel = 'pod-template-generation';
const generationAnnotation = 'deprecated.daemonset.template.generation';

/** A node as a set sees it. */
export interface Place extends Fit {
  node: string;
  /** Its pods there, the one that counts first: `podByCreationTimestampAndPhase`. */
  pods: readonly Pod[];
}

export interface Places {
  /** Every node that is there. */
  all: readonly Place[];
  /** Pods for nodes that are not there, and on none: nobody else removes them. */
  stranded: readonly Pod[];
}

export function placesOf(set: DaemonSet, nodes: readonly Node[], pods: readonly Pod[]): Places {
  const byNode = Map.groupBy(
    pods.filter((pod) => !(isTerminal(pod) && pod.metadata.deletionTimestamp)),
    targetNode,
  );
  const fit = fits(set);
  const all = nodes.map((node): Place => {
    const { name = '' } = node.metadata;
    return { node: name, ...fit(node), pods: (byNode.get(name) ?? []).toSorted(oldestFirst) };
  });
  const names = new Set<string | undefined>([undefined, ...all.map(({ node }) => node)]);
  const lost = [...byNode].flatMap(([node, waiting]) => (names.has(node) ? [] : waiting));
  return { all, stranded: lost.filter(({ spec, metadata }) => !spec.nodeName && !metadata.deletionTimestamp) };
}

/** Those that are on a node, then those that wait for it. */
function oldestFirst(a: Pod, b: Pod): number {
  const [atA, atB] = [a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? ''];
  const onNode = Number(Boolean(b.spec.nodeName)) - Number(Boolean(a.spec.nodeName));
  if (onNode !== 0) return onNode;
  if (atA !== atB) return atA < atB ? -1 : 1;
  return (a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1;
}

/** What decides about a pod of a set. */
export class PodRules {
  constructor(
    private readonly set: DaemonSet,
    private readonly hash: string,
    private readonly now: Date,
  ) {}

  isUpdated({ metadata: { labels = {} } }: Pod): boolean {
    const generation = templateGeneration(this.set);
    return labels[revisionHashLabel] === this.hash || (generation !== undefined && labels[generationLabel] === generation);
  }

  hasHash({ metadata: { labels } }: Pod): boolean {
    return labels?.[revisionHashLabel] === this.hash;
  }

  isReady(pod: Pod): boolean {
    return isReady(pod);
  }

  isAvailable(pod: Pod): boolean {
    return isAvailable(pod, this.set.spec.minReadySeconds ?? 0, this.now);
  }

  isPast(ms: number): boolean {
    return ms <= this.now.getTime();
  }
}

/** Counts the templates; undefined when someone has written something else there. */
export function templateGeneration({ metadata }: DaemonSet): string | undefined {
  const text = metadata.annotations?.[generationAnnotation];
  return text !== undefined && /^-?\d+$/.test(text) ? text : undefined;
}

/** How many nodes may have a second pod during an update. */
export function maxSurge({ spec }: DaemonSet, wanted: number): number {
  const { type, rollingUpdate } = spec.updateStrategy ?? {};
  return type === 'RollingUpdate' ? scaledValue(rollingUpdate?.maxSurge ?? 0, wanted, 'up') : 0;
}

/** How many nodes may be without a pod during an update; one where nothing else lets it get on. */
export function maxUnavailable(set: DaemonSet, wanted: number): number {
  const limit = scaledValue(set.spec.updateStrategy?.rollingUpdate?.maxUnavailable ?? 1, wanted, 'up');
  return wanted > 0 && limit === 0 && maxSurge(set, wanted) === 0 ? 1 : limit;
}

export const allowsSurge = (set: DaemonSet): boolean => maxSurge(set, 1) > 0;
