import type { Pod } from '#api/types';
import type { HostPort } from '#network/contract';
import { isTerminal, podIpsOf, runningContainers } from '#objects';

/** The ports of the node that lead to a pod: those of its containers and of the sidecars that run beside them (KEP-753). */
export function hostPortsOf({ spec, status }: Pod): HostPort[] {
  const podIps = podIpsOf(status);
  if (podIps.length === 0 || spec.hostNetwork || isTerminal({ status })) return [];
  return portsOf(spec).flatMap(({ hostPort, hostIP, containerPort, protocol }) =>
    hostPort
      ? [{ podIps, hostPort, containerPort, protocol: (protocol ?? 'TCP') as HostPort['protocol'], ...(hostIP && { hostIp: hostIP }) }]
      : [],
  );
}

/** Cheaper than `hostPortsOf`, for telling which changes of pods are of any concern. */
export const asksForHostPorts = ({ spec }: Pod): boolean => portsOf(spec).some(({ hostPort }) => hostPort);

const portsOf = (spec: Pod['spec']) => runningContainers(spec).flatMap(({ ports }) => ports ?? []);
