import type { Container, PodSpec } from '#api/types';

/** KEP-753: an init container that goes on beside the containers. */
export function isSidecar({ restartPolicy }: Pick<Container, 'restartPolicy'>): boolean {
  return restartPolicy === 'Always';
}

/** The containers that run together once the pod is initialized. */
export function runningContainers({ containers, initContainers }: Pick<PodSpec, 'containers' | 'initContainers'>): Container[] {
  return [...(containers ?? []), ...(initContainers ?? []).filter(isSidecar)];
}
