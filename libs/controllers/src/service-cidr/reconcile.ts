import { isInCidr, timestamp } from '#api';
import type { Condition, IPAddress, ServiceCIDR } from '#api/types';
import type { Plan } from '#controller-runtime/contract';

export const protectionFinalizer = 'networking.k8s.io/service-cidr-finalizer';
/** Until every api-server has heard of a deletion, one of them may still give out an address of the range. */
const DELETION_GRACE_MS = 10_000;

export interface Seen {
  cidr: ServiceCIDR;
  /** The other ServiceCIDRs. */
  others: readonly ServiceCIDR[];
  /** Those that services have. */
  addresses: readonly IPAddress[];
}

export type Action =
  | { do: 'protect' | 'release'; cidr: ServiceCIDR }
  | { do: 'updateStatus'; cidr: ServiceCIDR; status: NonNullable<ServiceCIDR['status']> };

/** KEP-1880: a range is ready once it is held, and goes when no address of it is in use that lies in no other range. */
export function reconcile({ cidr, others, addresses }: Seen, now: Date): Plan<Action> {
  const { finalizers = [], deletionTimestamp } = cidr.metadata;
  const isHeld = finalizers.includes(protectionFinalizer);
  if (deletionTimestamp === undefined) {
    const ready = condition(cidr, { status: 'True', reason: '', message: 'Kubernetes Service CIDR is ready' }, now);
    return { actions: [...(isHeld ? [] : [{ do: 'protect', cidr } as const]), ...ready] };
  }
  if (!isHeld) return { actions: [] };
  if (isNeeded(cidr, others, addresses)) {
    const message = 'There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR';
    return { actions: condition(cidr, { status: 'False', reason: 'Terminating', message }, now) };
  }
  const waitMs = Date.parse(deletionTimestamp) + DELETION_GRACE_MS - now.getTime();
  return waitMs > 0 ? { actions: [], requeueAfterMs: waitMs } : { actions: [{ do: 'release', cidr }] };
}

/** An address of it is in use, and no other range has that. */
function isNeeded({ spec }: ServiceCIDR, others: readonly ServiceCIDR[], addresses: readonly IPAddress[]): boolean {
  const [own, theirs] = [spec?.cidrs ?? [], others.flatMap((other) => other.spec?.cidrs ?? [])];
  const isIn = (ip: string, ranges: readonly string[]): boolean => ranges.some((range) => isInCidr(ip, range));
  return addresses.some(({ metadata: { name = '' } }) => isIn(name, own) && !isIn(name, theirs));
}

function condition(cidr: ServiceCIDR, wanted: Pick<Condition, 'status' | 'reason' | 'message'>, now: Date): Action[] {
  const present = cidr.status?.conditions ?? [];
  const before = present.find(({ type }) => type === 'Ready');
  if (before?.status === wanted.status && before.message === wanted.message) return [];
  const lastTransitionTime = before?.status === wanted.status ? before.lastTransitionTime : timestamp(now);
  const conditions = [...present.filter(({ type }) => type !== 'Ready'), { type: 'Ready', ...wanted, lastTransitionTime }];
  return [{ do: 'updateStatus', cidr, status: { ...cidr.status, conditions } }];
}
