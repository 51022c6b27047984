import { badRequest } from '#api';
import type { Container, ContainerState, ContainerStatus, EphemeralContainer, Pod } from '#api/types';

const names = (list: readonly (Container | EphemeralContainer)[] | null | undefined): string[] =>
  (list ?? []).map(({ name }) => name ?? '');

/** The container that a request means: the one that it names, or the only one there is. Throws ApiError 400 in upstream's words. */
export function chosenContainer(pod: Pod, asked: string): string {
  const [containers, init, ephemeral] = [names(pod.spec.containers), names(pod.spec.initContainers), names(pod.spec.ephemeralContainers)];
  const name = pod.metadata.name ?? '';
  if (asked) {
    if (![containers, init, ephemeral].some((list) => list.includes(asked)))
      throw badRequest(`container ${asked} is not valid for pod ${name}`);
    return asked;
  }
  const [first, ...others] = containers;
  if (first === undefined) throw badRequest(`a container name must be specified for pod ${name}`);
  if (others.length === 0) return first;
  const also = [
    ...(init.length ? [` or one of the init containers: [${init.join(' ')}]`] : []),
    ...(ephemeral.length ? [` or one of the ephemeral containers: [${ephemeral.join(' ')}]`] : []),
  ].join('');
  throw badRequest(`a container name must be specified for pod ${name}, choose one of: [${containers.join(' ')}]${also}`);
}

/** The node that runs the pod. Throws ApiError 400 when none does yet. */
export function nodeOf(pod: Pod): string {
  if (!pod.spec.nodeName) throw badRequest(`pod ${pod.metadata.name} does not have a host assigned`);
  return pod.spec.nodeName;
}

/** Throws ApiError 400, in the kubelet's words, when the container has no log to show. */
export function checkHasLog(pod: Pod, container: string, previous: boolean): void {
  const where = `container ${JSON.stringify(container)} in pod ${JSON.stringify(pod.metadata.name)}`;
  const status = statusOf(pod, container);
  if (!status) throw badRequest(`${where} is not available`);
  const ranBefore = Boolean(status.lastState?.terminated?.containerID);
  if (previous) {
    if (!ranBefore) throw badRequest(`previous terminated ${where} not found`);
    return;
  }
  const { waiting, running, terminated }: ContainerState = status.state ?? {};
  if (running || ranBefore) return;
  if (terminated) {
    if (!terminated.containerID) throw badRequest(`${where} is terminated`);
    return;
  }
  throw badRequest(`${where} is waiting to start: ${waitingWords(waiting?.reason)}`);
}

function statusOf({ status }: Pod, container: string): ContainerStatus | undefined {
  const all = [
    ...(status?.containerStatuses ?? []),
    ...(status?.initContainerStatuses ?? []),
    ...(status?.ephemeralContainerStatuses ?? []),
  ];
  return all.find(({ name }) => name === container);
}

function waitingWords(reason = ''): string {
  if (reason === 'ErrImagePull') return "image can't be pulled";
  if (reason === 'ImagePullBackOff') return 'trying and failing to pull image';
  return reason;
}
