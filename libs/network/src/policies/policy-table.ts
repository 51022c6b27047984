import type { AddressFamily } from '../family.ts';

/** One family's table. */
export interface PolicyTableOptions {
  family: AddressFamily;
  /** Family and name, e.g. `ip berth-node-1-policies`. */
  table: string;
  /** The range of this node's pods. */
  podCidr: string;
  /** Where this node answers cluster DNS. */
  clusterDns: readonly string[];
}

/*
 * A connection's two ends, read off the connection and not off the packet: the same rules judge both directions, before and behind any
 * translation of addresses. So replies need no rule of their own, and a connection that is not allowed any more is cut in both directions.
 */
export const sourceOf = ({ nft }: AddressFamily): string => `ct original ${nft} saddr`;
/** After the service's address was translated. */
export const destinationOf = ({ nft }: AddressFamily): string => `ct reply ${nft} saddr`;
export const DESTINATION_PORT = 'ct reply proto-src';

/**
 * The part of the table that depends on no policy. What passes the node is judged twice, as egress and as ingress, by chains of one hook each:
 * to be accepted in one leads to the next. The node's own packets and those for it pass no `forward` hook, so it reaches its pods (probes) and
 * they reach it; but the cluster DNS is a pod elsewhere, so here egress to it is judged as well.
 *
 * After the chains of the services (priority filter), so that what has no endpoint is refused rather than dropped.
 */
export function renderPolicyBase({ family, table, podCidr, clusterDns }: PolicyTableOptions): string {
  const { nft: ip, nftAddress } = family;
  const judge = (map: string, end: string, header: string): string[] => [
    `${end} vmap @${map}`,
    // What belongs to no connection matches none of the rules by which policies allow.
    `ct state invalid,untracked ${ip} ${header} vmap @${map}`,
  ];
  const chain = (name: string, hook: string, rules: readonly string[]): string[] => [
    `add chain ${table} ${name} ${hook}`,
    ...rules.map((rule) => `add rule ${table} ${name} ${rule}`),
  ];
  return `${[
    // "add" before "delete": deleting what is not there would fail the whole transaction.
    `add table ${table}`,
    `delete table ${table}`,
    `add table ${table}`,
    `add set ${table} admitted { type ${nftAddress} ; }`,
    `add set ${table} self { type ${nftAddress} . ${nftAddress} ; }`,
    `add map ${table} egress { type ${nftAddress} : verdict ; }`,
    `add map ${table} ingress { type ${nftAddress} : verdict ; }`,
    ...chain('egress-forward', '{ type filter hook forward priority filter + 10 ; policy accept ; }', [
      // Whose policies are not known yet.
      ...['saddr', 'daddr'].map((end) => `${ip} ${end} ${podCidr} ${ip} ${end} != @admitted drop`),
      ...judge('egress', sourceOf(family), 'saddr'),
    ]),
    ...chain('ingress-forward', '{ type filter hook forward priority filter + 20 ; policy accept ; }', [
      ...judge('ingress', destinationOf(family), 'daddr'),
    ]),
    ...(clusterDns.length > 0
      ? chain('egress-dns', '{ type filter hook input priority filter + 10 ; policy accept ; }', [
          `${ip} daddr { ${clusterDns.join(', ')} } ${sourceOf(family)} vmap @egress`,
        ])
      : []),
  ].join('\n')}\n`;
}
