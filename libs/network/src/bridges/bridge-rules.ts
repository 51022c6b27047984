import { CONTAINER_RESOLVER, type ContainerBridge, type PublishedPort } from '../contract.ts';
import { type AddressFamily, ipv4, ipv6, mustFamilyOf, ofFamily } from '../family.ts';
import { emptyRuleset, type Ruleset } from '../services/ruleset.ts';

/** What does not change with bridges and ports. For one transaction, which replaces what was there. Pure. */
export function renderBridgeBase({
  table: name,
  clusterCidrs,
  resolverPort,
}: {
  table: string;
  clusterCidrs: readonly string[];
  resolverPort: number;
}): string {
  const [inet, bridge] = [`inet ${name}`, `bridge ${name}`];
  const chain = (chainName: string, hook: string, rules: readonly string[], table = inet): string[] => [
    `add chain ${table} ${chainName} ${hook}`.trimEnd(),
    ...rules.map((rule) => `add rule ${table} ${chainName} ${rule}`),
  ];
  const route = [ipv4, ipv6].flatMap(({ nft, bits }) => [
    `meta l4proto { tcp, udp, sctp } dnat ${nft} to ${nft} daddr . meta l4proto . th dport map @addressed-ports-${bits}`,
    `fib daddr type local meta l4proto { tcp, udp, sctp } dnat ${nft} to meta l4proto . th dport map @ports-${bits}`,
  ]);
  return `${[
    // "add" before "delete": deleting what is not there would fail the whole transaction.
    ...[inet, bridge].flatMap((table) => [`add table ${table}`, `delete table ${table}`, `add table ${table}`]),
    ...['bridges', 'internal', 'cluster'].map((set) => `add set ${inet} ${set} { type ifname ; }`),
    `add set ${inet} same { type ifname . ifname ; }`,
    ...[ipv4, ipv6].flatMap(({ bits, nftAddress }) => [
      `add map ${inet} ports-${bits} { type inet_proto . inet_service : ${nftAddress} . inet_service ; }`,
      `add map ${inet} addressed-ports-${bits} { type ${nftAddress} . inet_proto . inet_service : ${nftAddress} . inet_service ; }`,
    ]),
    ...chain('guard', '{ type filter hook prerouting priority -160 ; policy accept ; }', guard(clusterCidrs)),
    ...chain('forward', '{ type filter hook forward priority filter ; policy accept ; }', [
      'ct state established,related accept',
      'iifname . oifname @same accept',
      'iifname @internal drop',
      'oifname @internal drop',
      // To a published port, from wherever it comes.
      'ct status dnat accept',
      'oifname @bridges drop',
    ]),
    ...chain('route', '', [
      `ip daddr ${CONTAINER_RESOLVER} return`,
      // No packet leaves with this source (RFC 4291, 2.5.3): a server of the node's passes such connections on.
      `ip6 daddr ${ipv6.loopback} return`,
      ...route,
    ]),
    ...chain('prerouting', '{ type nat hook prerouting priority dstnat ; policy accept ; }', [
      `iifname @bridges ip daddr ${CONTAINER_RESOLVER} meta l4proto { tcp, udp } th dport 53 dnat ip to ${CONTAINER_RESOLVER}:${resolverPort}`,
      'jump route',
    ]),
    ...chain('output', '{ type nat hook output priority -100 ; policy accept ; }', ['jump route']),
    ...chain('leaving', '', []),
    ...chain('postrouting', '{ type nat hook postrouting priority srcnat ; policy accept ; }', [
      // From the node's loopback to a published port: the answer has to come back this way.
      `ip saddr ${ipv4.loopback} oifname @bridges ct status dnat masquerade`,
      'jump leaving',
    ]),
    // The loopback of a container is reached over its link, for the resolver's sake: by the node, and by no neighbour.
    ...chain(
      'forward',
      '{ type filter hook forward priority filter ; policy accept ; }',
      [`ip daddr ${ipv4.loopback} drop`, `ip saddr ${ipv4.loopback} drop`],
      bridge,
    ),
  ].join('\n')}\n`;
}

function guard(clusterCidrs: readonly string[]): string[] {
  const resolver = ['tcp', 'udp'].map((protocol) => `${CONTAINER_RESOLVER} . ${protocol} . 53`).join(', ');
  return [
    'iifname != @bridges return',
    `ip daddr ${ipv4.loopback} ip daddr . meta l4proto . th dport != { ${resolver} } drop`,
    // Nobody sends with an address that is not of its network; who has none yet asks for one.
    'ip saddr 0.0.0.0 return',
    'ip6 saddr :: return',
    'fib saddr . iif oif missing drop',
    ...clusterCidrs.map((cidr) => `iifname != @cluster ${mustFamilyOf(cidr).nft} daddr ${cidr} drop`),
  ];
}

/** All that depends on the bridges and the ports. Pure. */
export function bridgeRules(bridges: readonly ContainerBridge[], ports: readonly PublishedPort[]): Ruleset {
  const rules = emptyRuleset();
  const named = (list: readonly ContainerBridge[]): Map<string, string> => new Map(list.map(({ link }) => [`"${link}"`, '']));
  rules.elements.set('bridges', named(bridges));
  rules.elements.set('internal', named(bridges.filter(({ internal }) => internal)));
  rules.elements.set('cluster', named(bridges.filter(({ cluster }) => cluster)));
  rules.elements.set('same', new Map(bridges.map(({ link }) => [`"${link}" . "${link}"`, ''])));
  for (const family of [ipv4, ipv6]) publish(rules, family, ports);
  rules.chains.set('leaving', bridges.flatMap(leaving));
  return rules;
}

function leaving({ link, ranges, masquerade, internal }: ContainerBridge): string[] {
  return ranges.flatMap(({ cidr }) => {
    const { nft } = mustFamilyOf(cidr);
    return [
      // Between neighbours by way of a published port: the answer has to come back this way.
      `${nft} saddr ${cidr} ${nft} daddr ${cidr} ct status dnat masquerade`,
      ...(masquerade && !internal ? [`${nft} saddr ${cidr} oifname != "${link}" masquerade`] : []),
    ];
  });
}

/** From the node's ports of one family to those of containers. */
function publish(rules: Ruleset, family: AddressFamily, ports: readonly PublishedPort[]): void {
  const isOwn = ofFamily(family);
  const elements = (of: (port: PublishedPort) => boolean, key: (port: PublishedPort) => string): Map<string, string> =>
    new Map(
      ports
        .filter((port) => isOwn(port.hostIp) && isOwn(port.containerIp) && of(port))
        .map((port) => [`${key(port)}${port.protocol} . ${port.hostPort}`, `${port.containerIp} . ${port.containerPort}`]),
    );
  rules.elements.set(
    `ports-${family.bits}`,
    elements(
      ({ hostIp }) => hostIp === family.any,
      () => '',
    ),
  );
  rules.elements.set(
    `addressed-ports-${family.bits}`,
    elements(
      ({ hostIp }) => hostIp !== family.any,
      ({ hostIp }) => `${hostIp} . `,
    ),
  );
}
