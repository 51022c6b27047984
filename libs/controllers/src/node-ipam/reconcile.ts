import ipaddr from 'ipaddr.js';
import { rangeAt } from '#api';
import type { Node } from '#api/types';
import type { Plan } from '#controller-runtime/contract';

export interface Seen {
  node: Node;
  /** Every range that some node has. */
  taken: ReadonlySet<string>;
  /** One a family. */
  pools: readonly CidrPool[];
}

export type Action = { do: 'assign'; node: Node; podCIDRs: string[] } | { do: 'report'; node: Node };

/** A cluster's pod range, cut into one range per node. */
export interface CidrPool {
  readonly count: number;
  /** The i-th range, e.g. `10.244.3.0/24`. */
  range(i: number): string;
}

/** Throws when the text is no CIDR or too small for one node. */
export function cidrPool(clusterCidr: string, nodeMaskSize: number): CidrPool {
  const [address, prefix] = ipaddr.parseCIDR(clusterCidr);
  const flag = address.kind() === 'ipv6' ? '--node-cidr-mask-size-ipv6' : '--node-cidr-mask-size';
  if (nodeMaskSize < prefix || nodeMaskSize > address.toByteArray().length * 8) {
    throw new Error(`${flag} ${nodeMaskSize} does not fit into --cluster-cidr ${clusterCidr}`);
  }
  return {
    // A larger pool than nodes there will ever be is not counted to its end.
    count: 2 ** Math.min(16, nodeMaskSize - prefix),
    range: (i) => rangeAt(clusterCidr, nodeMaskSize, i),
  };
}

/** `pkg/controller/nodeipam`, range allocator: each node gets the first free range of each family, once and for its life. */
export function reconcile({ node, taken, pools }: Seen): Plan<Action> {
  if (node.spec.podCIDR || node.spec.podCIDRs?.length || node.metadata.deletionTimestamp) return { actions: [] };
  const podCIDRs = pools.map((pool) => firstFree(pool, taken));
  if (podCIDRs.some((cidr) => cidr === undefined)) return { actions: [{ do: 'report', node }], requeueAfterMs: 30_000 };
  return { actions: [{ do: 'assign', node, podCIDRs: podCIDRs.filter((cidr) => cidr !== undefined) }] };
}

function firstFree(pool: CidrPool, taken: ReadonlySet<string>): string | undefined {
  for (let i = 0; i < pool.count; i++) if (!taken.has(pool.range(i))) return pool.range(i);
  return undefined;
}
