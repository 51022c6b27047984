import type { KubeObject } from '#api';
import type { Pod } from '#api/types';
import type { PolicyPod } from '#network/contract';
import { isTerminal, podIpsOf, runningContainers } from '#objects';

/** A pod as NetworkPolicies see it; undefined for one that has no address, or its node's ("HostNetwork pods"): none of them chooses it. */
export function policyPodOf({ metadata, spec, status }: Pod, ips: readonly string[] = podIpsOf(status)): PolicyPod | undefined {
  if (spec.hostNetwork || ips.length === 0 || isTerminal({ status })) return undefined;
  const ports = runningContainers(spec).flatMap(({ ports: all }) =>
    (all ?? []).flatMap(({ name, protocol = 'TCP', containerPort }) => (name ? [{ name, protocol, port: containerPort }] : [])),
  );
  return { namespace: metadata.namespace ?? '', labels: metadata.labels ?? {}, ips, ports };
}

/** What of a pod `policyPodOf` reads, for caches of all pods of the cluster. */
export function policyFacts<T extends KubeObject>(object: T): T {
  const { apiVersion, kind, metadata, spec, status } = object as unknown as Pod;
  const { name, namespace, uid, resourceVersion, labels } = metadata;
  const containers = runningContainers(spec).map((container) => ({ name: container.name, ports: container.ports }));
  return {
    apiVersion,
    kind,
    metadata: { name, namespace, uid, resourceVersion, labels },
    spec: { hostNetwork: spec.hostNetwork, containers },
    status: { phase: status?.phase, podIP: status?.podIP, podIPs: status?.podIPs },
  } as unknown as T;
}
