import { ApiError, microTimestamp } from '#api';
import type { Lease } from '#api/types';
import type { Clock } from '#base';
import { create, update } from '#client';
import type { Api } from '#client/contract';
import { resources } from '#objects';
import type { Logger } from '#telemetry';

const NAMESPACE = 'kube-node-lease';
const RENEW_MS = 10_000;
/** The kubelet's `nodeLeaseDurationSeconds`; it renews after a quarter of that. */
const DURATION_SECONDS = 40;

export interface NodeLeaseOptions {
  api: Api;
  clock: Clock;
  logger: Logger;
  nodeName: string;
  owner: () => { uid: string } | undefined;
  /** Called each time that the api-server has taken it. */
  renewed: () => void;
}

/** Renews this node's Lease so that it is not declared NotReady (KEP-589). Resolves when `signal` aborts. */
export async function renewNodeLease(
  { api, clock, logger, nodeName, owner, renewed }: NodeLeaseOptions,
  signal: AbortSignal,
): Promise<void> {
  let lease: Lease | undefined;
  for await (const now of clock.every(RENEW_MS, signal)) {
    const renewTime = microTimestamp(now);
    try {
      lease = lease
        ? await update(api, resources.leases, { ...lease, spec: { ...lease.spec, renewTime } })
        : await acquire({ api, nodeName, renewTime }, owner());
      renewed();
    } catch (err) {
      lease = undefined; // read anew next time: somebody else may have written
      if (!(err instanceof ApiError)) throw err;
      logger.warn({ err }, 'the node lease could not be renewed');
    }
  }
}

async function acquire(
  { api, nodeName, renewTime }: { api: Api; nodeName: string; renewTime: string },
  owner: { uid: string } | undefined,
): Promise<Lease> {
  const spec = { holderIdentity: nodeName, leaseDurationSeconds: DURATION_SECONDS, renewTime };
  try {
    const present = await api.get<Lease>({ resource: resources.leases, namespace: NAMESPACE, name: nodeName });
    return await update(api, resources.leases, { ...present, spec: { ...present.spec, ...spec } });
  } catch (err) {
    if (!(err instanceof ApiError) || err.code !== 404) throw err;
  }
  const ownerReferences = owner ? [{ apiVersion: 'v1', kind: 'Node', name: nodeName, uid: owner.uid }] : [];
  return create<Lease>(api, resources.leases, {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: nodeName, namespace: NAMESPACE, ...(owner && { ownerReferences }) },
    spec,
  });
}
