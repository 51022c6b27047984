import type { AddressFamily } from '../family.ts';

/** Marks packets that leave with the node's own address, so that the answer comes back this way. kube-proxy's bit. */
export const MASQUERADE_MARK = '0x4000';
/** Sets the bit and leaves the others: marks belong to everybody on the machine. */
export const markForMasquerade = `meta mark set meta mark or ${MASQUERADE_MARK}`;

/** One family's table. */
export interface TableOptions {
  family: AddressFamily;
  /** Family and name, e.g. `ip berth-node-1`: several nodes and clusters on one machine never meet. */
  table: string;
  /** All pods of the cluster. */
  clusterCidr: string;
  /** Where LoadBalancer services have addresses. */
  loadBalancerCidr?: string;
}

/**
 * The part of the table that does not depend on the services. A connection's first packet is looked up once in `services`, however many
 * services there are, and goes on in the chain of its own.
 *
 * The node reaches services from its own address, which the service route gives as source (node.ts), so that needs no masquerade.
 */
export function renderBase({ family, table, clusterCidr, loadBalancerCidr }: TableOptions): string {
  const { nft: ip, nftAddress } = family;
  const local = `fib daddr type local ${ip} daddr != ${family.loopback}`;
  const chain = (name: string, hook: string, rules: readonly string[]): string[] => [
    `add chain ${table} ${name} ${hook}`.trimEnd(),
    ...rules.map((rule) => `add rule ${table} ${name} ${rule}`),
  ];
  const address = `${nftAddress} . inet_proto . inet_service`;
  return `${[
    // "add" before "delete": deleting what is not there would fail the whole transaction.
    `add table ${table}`,
    `delete table ${table}`,
    `add table ${table}`,
    `add map ${table} services { type ${address} : verdict ; }`,
    `add map ${table} nodeports { type inet_proto . inet_service : verdict ; }`,
    `add map ${table} hostports { type inet_proto . inet_service : ${nftAddress} . inet_service ; }`,
    `add map ${table} hostport-addresses { type ${address} : ${nftAddress} . inet_service ; }`,
    `add map ${table} unserved { type ${address} : verdict ; }`,
    `add map ${table} unserved-nodeports { type inet_proto . inet_service : verdict ; }`,
    `add set ${table} service-cidrs { type ${nftAddress} ; flags interval ; }`,
    `add set ${table} virtual-ips { type ${nftAddress} ; }`,
    `add set ${table} hairpin { type ${nftAddress} . ${nftAddress} ; }`,
    // What has no endpoint is refused at once: a client that is only ignored waits for its time-out.
    ...chain('refuse', '', ['meta l4proto tcp reject with tcp reset', `reject with ${family.nftUnreachable}`]),
    ...chain('route', '', [
      // Who is neither a pod nor this node would answer past us.
      `${ip} daddr @service-cidrs ${ip} saddr != ${clusterCidr} fib saddr type != local ${markForMasquerade}`,
      `${ip} daddr . meta l4proto . th dport vmap @services`,
      `${local} meta l4proto . th dport vmap @nodeports`,
      `meta l4proto { tcp, udp, sctp } dnat ${ip} to ${ip} daddr . meta l4proto . th dport map @hostport-addresses`,
      `${local} meta l4proto { tcp, udp, sctp } dnat ${ip} to meta l4proto . th dport map @hostports`,
    ]),
    ...chain('check', '', [
      `${ip} daddr . meta l4proto . th dport vmap @unserved`,
      `${local} meta l4proto . th dport vmap @unserved-nodeports`,
      `${ip} daddr @virtual-ips goto refuse`,
      // Nothing has this address: without this rule the packet would go round between the service route and the forward chain.
      `fib daddr type != local ${ip} daddr @service-cidrs drop`,
      ...(loadBalancerCidr === undefined ? [] : [`fib daddr type != local ${ip} daddr ${loadBalancerCidr} drop`]),
    ]),
    ...chain('prerouting', '{ type nat hook prerouting priority dstnat ; policy accept ; }', ['jump route']),
    ...chain('output', '{ type nat hook output priority -100 ; policy accept ; }', ['jump route']),
    ...chain('postrouting', '{ type nat hook postrouting priority srcnat ; policy accept ; }', [
      `meta mark and ${MASQUERADE_MARK} != 0 meta mark set meta mark xor ${MASQUERADE_MARK} masquerade fully-random`,
      `ct status dnat ${ip} saddr . ${ip} daddr @hairpin masquerade fully-random`,
      `${ip} saddr ${clusterCidr} ${ip} daddr != ${clusterCidr} ${ip} daddr != @service-cidrs masquerade fully-random`,
    ]),
    ...['input', 'forward', 'output'].flatMap((hook) =>
      chain(`filter-${hook}`, `{ type filter hook ${hook} priority filter ; policy accept ; }`, ['ct state new jump check']),
    ),
  ].join('\n')}\n`;
}
