import { closeSync, openSync } from 'node:fs';
import { constants } from 'node:os';
import type { Logger } from '#telemetry';
import { type BridgeNetworks, CONTAINER_RESOLVER, type ContainerBridge, type ContainerEndpoint, type PublishedPort } from '../contract.ts';
import { forgetConnections } from '../conntrack/forget-connections.ts';
import { LOOPBACK_INDEX } from '../links/loopback.ts';
import { MergedRuns } from '../merged-runs.ts';
import {
  addAddress,
  addDefaultRoute,
  addLocalRoute,
  addVeth,
  deleteLink,
  getLink,
  indexIn,
  peerIndexIn,
  routeLocalnet,
  setBridgePort,
  setUp,
  withoutLinkLocal,
} from '../netlink/route-messages.ts';
import { Family, NetlinkError, NetlinkSocket } from '../netlink/socket.ts';
import { hostRunner, ipBatch, must, type Runner, runnerIn } from '../runner.ts';
import { emptyRuleset, renderChange, type Ruleset } from '../services/ruleset.ts';
import { bridgeRules, renderBridgeBase } from './bridge-rules.ts';

export interface BridgeNetworksOptions {
  /** Name of the tables, one of family inet and one of family bridge. */
  table: string;
  /** Pods and services: for bridges of the cluster alone. */
  clusterCidrs: readonly string[];
  /** Where the resolver of containers listens, at its address. */
  resolverPort: number;
  logger: Logger;
  /** Path of the node's network namespace; by default this process's own. */
  netns?: string;
}

/** Interfaces of one container. */
const MOST_INTERFACES = 64;

/**
 * One Linux bridge a network, one pair of links an endpoint. A container's start waits for `attach` and `lead`: they speak netlink
 * themselves, where `ip` would be a program each.
 */
export function createBridgeNetworks(options: BridgeNetworksOptions): BridgeNetworks {
  return new NodeBridges(options);
}

class NodeBridges implements BridgeNetworks {
  private readonly runner: Runner;
  private bridges: readonly ContainerBridge[] = [];
  private ports: readonly PublishedPort[] = [];
  private applied: { rules: Ruleset; ports: readonly PublishedPort[] } | undefined;
  private readonly transactions = new MergedRuns(() => this.commit());

  constructor(private readonly options: BridgeNetworksOptions) {
    this.runner = options.netns === undefined ? hostRunner : runnerIn(options.netns);
  }

  async has(link: string): Promise<boolean> {
    return (await this.runner.run(['ip', 'link', 'show', 'dev', link])).code === 0;
  }

  async raise({ link, ranges, mtu }: ContainerBridge): Promise<void> {
    const known = await this.has(link);
    const gateways = ranges.flatMap(({ cidr, gateway }) => (gateway === undefined ? [] : [`${gateway}/${cidr.split('/')[1]}`]));
    await ipBatch(this.runner, [
      // With an address of its own: else it would take the lowest of its ports', and change with them.
      ...(known ? [] : [`link add ${link} type bridge`, `link set dev ${link} addrgenmode none`]),
      ...(mtu === undefined ? [] : [`link set dev ${link} mtu ${mtu}`]),
      ...gateways.map((gateway) => `addr replace ${gateway} dev ${link}${gateway.includes(':') ? ' nodad' : ' brd +'}`),
      `link set dev ${link} up`,
    ]);
    if (!known) await ipBatch(this.runner, [`link set dev ${link} address ${await this.addressOf(link)}`]);
    // The resolver's address goes over it; what else of the loopback comes by it, the rules drop.
    await this.runner.sysctl(`net/ipv4/conf/${link}/route_localnet`, '1');
    await this.runner.sysctl('net/ipv4/ip_forward', '1');
    if (ranges.some(({ cidr }) => cidr.includes(':'))) await this.runner.sysctl('net/ipv6/conf/all/forwarding', '1');
  }

  async lower(link: string): Promise<void> {
    await this.detach(link);
  }

  applyRules(bridges: readonly ContainerBridge[], ports: readonly PublishedPort[]): Promise<void> {
    this.bridges = bridges;
    this.ports = ports;
    return this.transactions.request();
  }

  async attach({ netnsPath, bridge, link, mac, addresses, mtu, isolated, hairpin }: ContainerEndpoint): Promise<void> {
    const node = NetlinkSocket.open(Family.Route, this.options.netns);
    const inside = NetlinkSocket.open(Family.Route, netnsPath);
    const namespaceFd = openSync(netnsPath, 'r');
    try {
      const port = { name: link, bridge: await mustFind(node, bridge, indexIn), ...(mtu !== undefined && { mtu }) };
      const pair = addVeth({ ...port, peer: { namespaceFd, mac, name: await freeName(inside) } });
      const { errno } = await node.ask(pair);
      if (errno === constants.errno.EEXIST) {
        await deleteIfThere(node, link); // half made, by a process that was killed
        await node.must(`adding ${link}`, pair);
      } else if (errno !== 0) throw new NetlinkError(errno, `adding ${link}`);
      if (hairpin || isolated)
        await node.must(`setting ${link}`, setBridgePort(await mustFind(node, link, indexIn), { hairpin, isolated }));
      const index = await mustFind(node, link, peerIndexIn);
      await inside.must(
        'configuring the end of a container',
        ...(addresses.some((address) => address.includes(':')) ? [] : [withoutLinkLocal(index)]),
        routeLocalnet(index),
        ...addresses.map((address) => addAddress(index, ...split(address))),
        setUp(LOOPBACK_INDEX),
        setUp(index),
      );
    } finally {
      closeSync(namespaceFd);
      inside.close();
      node.close();
    }
  }

  async detach(link: string): Promise<void> {
    const node = NetlinkSocket.open(Family.Route, this.options.netns);
    try {
      await deleteIfThere(node, link);
    } finally {
      node.close();
    }
  }

  async lead({
    netnsPath,
    link,
    gateways,
    resolver,
  }: {
    netnsPath: string;
    link: string;
    gateways: readonly string[];
    resolver?: string;
  }): Promise<void> {
    const node = NetlinkSocket.open(Family.Route, this.options.netns);
    const inside = NetlinkSocket.open(Family.Route, netnsPath);
    try {
      const index = await mustFind(node, link, peerIndexIn);
      const ways = [
        ...gateways.map((gateway) => addDefaultRoute({ index, gateway })),
        ...(resolver === undefined ? [] : [addLocalRoute({ destination: CONTAINER_RESOLVER, gateway: resolver, index })]),
      ];
      if (ways.length > 0) await inside.must('routes of a container', ...ways);
    } finally {
      inside.close();
      node.close();
    }
  }

  private async addressOf(link: string): Promise<string> {
    const [shown] = JSON.parse(await must(this.runner, ['ip', '-j', 'link', 'show', 'dev', link])) as [{ address: string }];
    return shown.address;
  }

  private async commit(): Promise<void> {
    const { bridges, ports, applied } = this;
    const table = `inet ${this.options.table}`;
    const rules = bridgeRules(bridges, ports);
    if (!applied || !(await this.tryChange(renderChange(table, applied.rules, rules)))) {
      await must(this.runner, ['nft', '-f', '-'], renderBridgeBase(this.options) + renderChange(table, emptyRuleset(), rules));
    }
    this.applied = { rules, ports };
    await this.forget(applied?.ports ?? [], ports);
  }

  private async tryChange(change: string): Promise<boolean> {
    if (change === '') return true;
    const { code, stderr } = await this.runner.run(['nft', '-f', '-'], change);
    if (code !== 0) this.options.logger.warn({ stderr: stderr.slice(0, 2000) }, 'nftables change refused; replacing the table');
    return code === 0;
  }

  /** UDP knows no end of a connection: who goes on sending would go on to reach the container that had the port before. */
  private async forget(before: readonly PublishedPort[], after: readonly PublishedPort[]): Promise<void> {
    const gone = before.filter((port) => port.protocol === 'udp' && !after.includes(port));
    if (gone.length === 0) return;
    const stale = gone.map(({ hostPort, containerIp, containerPort }) => ({
      protocol: 'UDP' as const,
      port: hostPort,
      endpoint: { ip: containerIp, port: containerPort },
    }));
    await forgetConnections(stale).catch((err: unknown) => this.options.logger.warn({ err }, 'udp connections may live on'));
  }
}

const split = (address: string): [string, number] => {
  const [ip = '', length] = address.split('/');
  return [ip, Number(length)];
};

/** The first of eth0, eth1 … that nothing has. */
async function freeName(inside: NetlinkSocket): Promise<string> {
  for (let i = 0; i < MOST_INTERFACES; i++) {
    const { errno } = await inside.ask(getLink(`eth${i}`));
    if (errno === constants.errno.ENODEV) return `eth${i}`;
    if (errno !== 0) throw new NetlinkError(errno, `finding eth${i}`);
  }
  throw new Error(`a container has ${MOST_INTERFACES} interfaces at most`);
}

async function mustFind(socket: NetlinkSocket, name: string, read: typeof indexIn): Promise<number> {
  const { messages } = await socket.must(`finding ${name}`, getLink(name));
  const index = read(messages);
  if (index === undefined) throw new NetlinkError(constants.errno.ENODEV, `finding ${name}`);
  return index;
}

async function deleteIfThere(node: NetlinkSocket, link: string): Promise<void> {
  const { errno } = await node.ask(deleteLink(link));
  // Gone with its namespace already is as good as removed.
  if (errno !== 0 && errno !== constants.errno.ENODEV) throw new NetlinkError(errno, `deleting ${link}`);
}
