import { deepEqual } from '#api';
import type { Ingress } from '#api/types';
import type { Plan } from '#controller-runtime/contract';
import type { LostClaim } from '#objects';

/** One Ingress, and all that decides on how it is served. */
export interface Seen {
  ingress: Ingress;
  /**
   *  - **served**: by the cluster's own ingress
   *  - **foreign**: its class is of another controller, which writes its status
   *  - **nobody**: it names no class, or none that is there
   */
  by: 'served' | 'foreign' | 'nobody';
  /** Claims of it that older ones have. */
  lost: readonly LostClaim[];
  /** What else keeps a part of it from being served. */
  problems: readonly Problem[];
  /** Of the nodes that serve Ingresses. */
  addresses: readonly string[];
  /** What was said of it already, as `textOf` has it. */
  told: ReadonlySet<string>;
}

export interface Problem {
  reason: string;
  message: string;
}

export type Action =
  | { do: 'say'; ingress: Ingress; type: 'Normal' | 'Warning'; reason: string; message: string }
  | { do: 'updateStatus'; ingress: Ingress; status: NonNullable<Ingress['status']> };

/** An Ingress that is served has the addresses of the nodes; of what is not served as it says, an event tells why, once. */
export function reconcile(seen: Seen): Plan<Action> {
  const { ingress, by, addresses, told } = seen;
  if (by === 'foreign') return { actions: [] };
  const warnings = problemsOf(seen)
    .filter((problem) => !told.has(textOf(problem)))
    .map((problem): Action => ({ do: 'say', ingress, type: 'Warning', ...problem }));
  const wanted = by === 'served' ? addresses.map((ip) => ({ ip })) : [];
  const present = ingress.status?.loadBalancer?.ingress ?? [];
  if (deepEqual(wanted, present)) return { actions: warnings };
  const served = wanted.length > 0 ? `Served at ${addresses.join(', ')}` : 'Not served any more';
  const status = { loadBalancer: wanted.length > 0 ? { ingress: wanted } : {} };
  return {
    actions: [
      ...warnings,
      { do: 'updateStatus', ingress, status },
      { do: 'say', ingress, type: 'Normal', reason: 'Sync', message: served },
    ],
  };
}

/** All that there is to say of it now. */
export function problemsOf({ by, lost, problems }: Pick<Seen, 'by' | 'lost' | 'problems'>): Problem[] {
  if (by !== 'served') return [];
  return [
    ...lost.map(({ host, path, winner: { metadata } }) => ({
      reason: 'Conflict',
      message: `${path === undefined ? `the certificate of host "${host}"` : `host "${host}", path "${path}"`} is that of the older Ingress ${metadata.namespace}/${metadata.name}`,
    })),
    ...problems,
  ];
}

export const textOf = ({ reason, message }: Problem): string => `${reason} ${message}`;
