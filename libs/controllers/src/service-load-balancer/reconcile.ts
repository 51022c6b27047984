import type { Condition, Service, ServiceStatus } from '#api/types';
import { timestamp } from '#api';
import type { Plan } from '#controller-runtime/contract';
import { usesNodeNetwork } from '#objects';
import { allot, type Problem } from './allot.ts';

/** What a service that has an address is held by until the address is given up (KEP-980). */
export const cleanupFinalizer = 'service.kubernetes.io/load-balancer-cleanup';
/** Whether a service has the addresses that it asks for, and why not. */
export const allocatedCondition = 'berth.dev/LoadBalancerAllocated';

export interface Seen {
  service: Service;
  /** The cluster's pool, one range a family. */
  pool: readonly string[];
  /** Addresses of nodes, and those that other services have; as RFC 5952 writes them. */
  taken: ReadonlySet<string>;
}

export type Action =
  | { do: 'hold' | 'release'; service: Service }
  | { do: 'updateStatus'; service: Service; status: ServiceStatus }
  | { do: 'tell'; service: Service; event: { type: 'Normal' | 'Warning'; reason: string; message: string } };

/**
 * Gives a LoadBalancer service an address of each of its families out of the pool, and says which in its status. The api-server lets no two
 * services have one address of the pool, so what is chosen here twice is refused once and chosen anew. Events are upstream's
 * (`k8s.io/cloud-provider/controllers/service`).
 */
export function reconcile({ service, pool, taken }: Seen, now: Date): Plan<Action> {
  const { metadata, spec } = service;
  const isHeld = metadata.finalizers?.includes(cleanupFinalizer) ?? false;
  const tell = (type: 'Normal' | 'Warning', reason: string, message: string): Action => ({
    do: 'tell',
    service,
    event: { type, reason, message },
  });
  if (!usesNodeNetwork(service) || metadata.deletionTimestamp !== undefined) {
    // A service of another class is somebody else's to clean up.
    if (!isHeld || (spec.type === 'LoadBalancer' && !usesNodeNetwork(service))) return { actions: [] };
    const status = withoutAddresses(service);
    return {
      actions: [
        tell('Normal', 'DeletingLoadBalancer', 'Deleting load balancer'),
        ...(status ? [{ do: 'updateStatus', service, status } as const] : []),
        { do: 'release', service },
        tell('Normal', 'DeletedLoadBalancer', 'Deleted load balancer'),
      ],
    };
  }
  const { ips, problems } = allot(service, pool, taken);
  const status = statusOf(service, { ips, problems, now });
  const had = (service.status?.loadBalancer?.ingress ?? []).map(({ ip }) => ip);
  const isNew = ips.some((ip) => !had.includes(ip));
  return {
    actions: [
      ...(isHeld ? [] : [{ do: 'hold', service } as const]),
      ...(isNew || problems.length > 0 ? [tell('Normal', 'EnsuringLoadBalancer', 'Ensuring load balancer')] : []),
      ...(shown(status) === shown(service.status) ? [] : [{ do: 'updateStatus', service, status } as const]),
      ...problems.map(({ message }) =>
        tell('Warning', 'SyncLoadBalancerFailed', `Error syncing load balancer: failed to ensure load balancer: ${message}`),
      ),
      ...(isNew && problems.length === 0 ? [tell('Normal', 'EnsuredLoadBalancer', 'Ensured load balancer')] : []),
    ],
  };
}

/** undefined: there is nothing of ours in it. */
function withoutAddresses({ status }: Service): ServiceStatus | undefined {
  const others = (status?.conditions ?? []).filter(({ type }) => type !== allocatedCondition);
  const isClean = (status?.loadBalancer?.ingress ?? []).length === 0 && others.length === (status?.conditions ?? []).length;
  return isClean ? undefined : { ...status, loadBalancer: { ingress: [] }, conditions: others };
}

function statusOf(service: Service, { ips, problems, now }: { ips: string[]; problems: Problem[]; now: Date }): ServiceStatus {
  const ports = (service.spec.ports ?? []).map(({ port, protocol = 'TCP' }) => ({ port, protocol }));
  const before = service.status?.conditions?.find(({ type }) => type === allocatedCondition);
  const [problem] = problems;
  const state = problem ? 'False' : 'True';
  const condition: Condition = {
    type: allocatedCondition,
    status: state,
    lastTransitionTime: before?.status === state ? before.lastTransitionTime : timestamp(now),
    reason: problem?.reason ?? 'Allocated',
    message: problems.map(({ message }) => message).join('; '),
  };
  return {
    ...service.status,
    loadBalancer: { ingress: ips.map((ip) => ({ ip, ipMode: 'VIP', ports })) },
    conditions: [...(service.status?.conditions ?? []).filter(({ type }) => type !== allocatedCondition), condition],
  };
}

/** What two statuses are compared by: others may order the fields as they like. */
function shown(status: ServiceStatus | undefined): string {
  const ingress = (status?.loadBalancer?.ingress ?? []).map(({ ip, ipMode, ports = [] }) => [
    ip,
    ipMode,
    ports.map(({ port, protocol, error }) => [port, protocol, error]),
  ]);
  const condition = status?.conditions?.find(({ type }) => type === allocatedCondition);
  return JSON.stringify([ingress, condition && [condition.status, condition.reason, condition.message]]);
}
