import type { Container, PodSpec } from '#api/types';

/** What a check looks at: a pod, or the template of one. */
export interface PodLike {
  metadata?: { annotations?: Record<string, string> };
  spec: PodSpec;
}

/** Why a pod is not allowed. The reason alone is said of many pods, both of one. */
export interface Violation {
  reason: string;
  detail: string;
}

/** Pure; undefined: nothing is wrong. */
export type CheckPod = (pod: PodLike) => Violation | undefined;

/** One control of the Pod Security Standards, as `k8s.io/pod-security-admission/policy` has it. */
export interface Check {
  /** Upstream's; checks of one level speak in the order of their ids. */
  id: string;
  level: 'baseline' | 'restricted';
  /** In rising order of the minor version of Kubernetes 1.x since which each holds. */
  versions: readonly {
    since: number;
    check: CheckPod /** Checks of baseline that this one makes needless. */;
    overrides?: readonly string[];
  }[];
}

/** What the three lists of containers have in common. */
type AnyContainer = Pick<
  Container,
  'name' | 'securityContext' | 'ports' | 'livenessProbe' | 'readinessProbe' | 'startupProbe' | 'lifecycle'
>;

/** In upstream's order. */
export const containersOf = ({ spec }: PodLike): AnyContainer[] => [
  ...(spec.initContainers ?? []),
  ...(spec.containers ?? []),
  ...(spec.ephemeralContainers ?? []),
];

/** The names of the containers that are so. */
export const namesOf = (pod: PodLike, bad: (container: AnyContainer) => boolean): string[] =>
  containersOf(pod)
    .filter((container) => bad(container))
    .map(({ name }) => name);

/** Names as upstream's messages show them: `"a", "b"`. */
export const quoted = (items: readonly string[]): string => items.map((item) => `"${item}"`).join(', ');
export const plural = (count: number, one: string, many = `${one}s`): string => (count === 1 ? one : many);
/** Without repeats and in order, as Go's string sets list themselves: messages do not depend on the order in a spec. */
export const sorted = (items: Iterable<string>): string[] => [...new Set(items)].sort();

/** `container "a"`, `containers "a", "b"`. */
export const containersNamed = (names: readonly string[]): string => `${plural(names.length, 'container')} ${quoted(names)}`;

/** Who set something: `pod and containers "a", "b"`; '' for nobody. */
export const settersNamed = (pod: boolean, names: readonly string[]): string =>
  [...(pod ? ['pod'] : []), ...(names.length > 0 ? [containersNamed(names)] : [])].join(' and ');

/** KEP-127: who is root in a user namespace of its own is nobody outside. */
export const inUserNamespace = ({ spec }: PodLike): boolean => spec.hostUsers === false;

/** Fields that Windows does not know may stay unset there (since 1.25). */
export const unlessWindows =
  (check: CheckPod): CheckPod =>
  (pod) =>
    pod.spec.os?.name === 'windows' ? undefined : check(pod);

/**
 * Lets a pod with a user namespace of its own pass: such controls protect root of the host (KEP-127); the versions of a check say since
 * when.
 */
export const unlessInUserNamespace =
  (check: CheckPod): CheckPod =>
  (pod) =>
    inUserNamespace(pod) ? undefined : check(pod);
