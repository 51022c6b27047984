import { createHash } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import type { PodNetwork } from '../contract.ts';
import { ROUTE_PROTOCOL } from '../routes/route-protocol.ts';
import { ipv4, ipv6, mustFamilyOf, ofFamily } from '../family.ts';
import {
  addAddress,
  addDefaultRoute,
  addNeighbour,
  addRoute,
  addVeth,
  deleteLink,
  filterReversePath,
  getLink,
  indexIn,
  setMac,
  setUp,
} from '../netlink/route-messages.ts';
import { Family, NetlinkError, NetlinkSocket } from '../netlink/socket.ts';
import { hostRunner, runnerIn } from '../runner.ts';
import { AddressPools } from './address-pool.ts';
import { LOOPBACK_INDEX } from './loopback.ts';
import { identityOf } from './pod-identity.ts';
import { SourceGuard } from './source-guard.ts';

export interface PodNetworkOptions {
  /** This node's pod ranges, the primary one first. */
  podCidrs: readonly string[];
  /** Where addresses are remembered. */
  directory: string;
  /** Begins the names of the node's ends of the links; at most 5 characters are used. */
  interfacePrefix: string;
  /** Name of the tables that bind each pod to its addresses. */
  table: string;
  /** The source addresses of the node's own connections to its pods; without one of the family the kernel chooses. */
  nodeIps?: readonly string[];
  /** Path of the node's network namespace; by default this process's own. */
  netns?: string;
}

/** Every pod's gateways: not addresses of anybody, only neighbour entries with the link's fixed hardware address (Calico's model). */
const gateways = new Map([
  [ipv4, '169.254.1.1'],
  [ipv6, 'fe80::1'],
]);
const NODE_MAC = 'ee:ee:ee:ee:ee:ee';

/**
 * One routed link per pod: no bridge, so no bridge filters and no hairpin switches, and each pod is one route of the node for each of its addresses. Expects
 * `prepareNode` to have been run. Speaks netlink itself: starting a container waits for this, and two programs would take ten times as long.
 */
export async function createPodNetwork(options: PodNetworkOptions): Promise<PodNetwork> {
  const { podCidrs, directory, interfacePrefix, table, nodeIps = [], netns } = options;
  const pools = await AddressPools.open(join(directory, 'addresses'), podCidrs);
  const links = [...pools.list()].map(([sandboxId, ips]) => ({ name: linkName(interfacePrefix, sandboxId), ips }));
  const guard = await SourceGuard.open({ table, netns, runner: netns === undefined ? hostRunner : runnerIn(netns) }, links);
  const attaching = new Map<string, Promise<{ ips: readonly string[] }>>();

  const attach = async ({
    sandboxId,
    netnsPath,
    mtu,
  }: {
    sandboxId: string;
    netnsPath: string;
    mtu?: number;
  }): Promise<{ ips: readonly string[] }> => {
    const known = pools.has(sandboxId);
    const ips = pools.take(sandboxId);
    const name = linkName(interfacePrefix, sandboxId);
    const node = NetlinkSocket.open(Family.Route, netns);
    const pod = NetlinkSocket.open(Family.Route, netnsPath);
    try {
      // Of a known sandbox both ends may be there (an adopted one), one (a half-made link), or none.
      const adopted = known && (await indexOf(node, name)) !== undefined && (await indexOf(pod, 'eth0')) !== undefined;
      await guard.bind({ name, ips });
      if (!adopted) await addLink(node, { name, ips, netnsPath, mtu, stale: known });
      const index = await mustIndexOf(node, name);
      await node.must('routes to pod', filterReversePath(index), ...ips.flatMap((ip) => wayTo(ip, { index, ips, nodeIps })));
      await configure(pod, ips, { adopted });
    } finally {
      node.close();
      pod.close();
    }
    return { ips };
  };

  return {
    attach(pod) {
      const pending = attaching.get(pod.sandboxId);
      if (pending) return pending;
      const attached = attach(pod).finally(() => attaching.delete(pod.sandboxId));
      attaching.set(pod.sandboxId, attached);
      return attached;
    },
    async detach(sandboxId) {
      await attaching.get(sandboxId)?.catch(() => undefined); // its caller has been told
      if (!pools.has(sandboxId)) return;
      const node = NetlinkSocket.open(Family.Route, netns);
      try {
        await deleteLinkIfThere(node, linkName(interfacePrefix, sandboxId));
      } finally {
        node.close();
      }
      await guard.release(linkName(interfacePrefix, sandboxId));
      await pools.give(sandboxId);
    },
    async list() {
      return pools.list();
    },
  };
}

async function addLink(
  node: NetlinkSocket,
  { name, ips, netnsPath, mtu, stale }: { name: string; ips: readonly string[]; netnsPath: string; mtu?: number; stale: boolean },
): Promise<void> {
  const namespace = openSync(netnsPath, 'r');
  try {
    if (stale) await deleteLinkIfThere(node, name); // its other end goes with it
    const request = addVeth({ name, mac: NODE_MAC, mtu, peer: { namespaceFd: namespace, mac: identityOf(ips).mac } });
    const { errno } = await node.ask(request);
    if (errno === 0) return;
    if (errno !== constants.errno.EEXIST) throw new NetlinkError(errno, `adding ${name}`);
    // Left by somebody who lost the list of addresses: the name is this sandbox's, so the link may go.
    await deleteLinkIfThere(node, name);
    await node.must(`adding ${name}`, request);
  } finally {
    closeSync(namespace);
  }
}

async function configure(pod: NetlinkSocket, ips: readonly string[], { adopted }: { adopted: boolean }): Promise<void> {
  const index = await mustIndexOf(pod, 'eth0');
  await pod.must(
    'configuring the pod end',
    ...(adopted ? [setMac(index, identityOf(ips).mac)] : []), // the pod may have changed it, or a former agent given another
    setUp(LOOPBACK_INDEX),
    setUp(index),
    ...ips.flatMap((ip) => wayOut(ip, index)),
  );
}

/** What a pod's end needs for one of its addresses. */
function wayOut(ip: string, index: number): Buffer[] {
  const family = mustFamilyOf(ip);
  const gateway = gateways.get(family)!;
  return [
    addAddress(index, ip),
    // An IPv6 gateway is link-local, which is on the link by itself.
    ...(family === ipv4 ? [addRoute({ destination: gateway, index })] : []),
    addNeighbour(index, gateway, NODE_MAC),
    addDefaultRoute({ index, gateway }),
  ];
}

/** What the node's end needs for one of a pod's addresses. */
function wayTo(ip: string, { index, ips, nodeIps }: { index: number; ips: readonly string[]; nodeIps: readonly string[] }): Buffer[] {
  const family = mustFamilyOf(ip);
  const source = nodeIps.find(ofFamily(family));
  const route = addRoute({ destination: ip, index, source, protocol: Number(ROUTE_PROTOCOL) });
  // To ask who has it, the link would need an IPv6 address of its own, which it has only when nobody has objected for a second.
  return family === ipv6 ? [route, addNeighbour(index, ip, identityOf(ips).mac)] : [route];
}

async function indexOf(socket: NetlinkSocket, name: string): Promise<number | undefined> {
  const { errno, messages } = await socket.ask(getLink(name));
  if (errno === constants.errno.ENODEV) return undefined;
  if (errno !== 0) throw new NetlinkError(errno, `finding ${name}`);
  return indexIn(messages);
}

async function mustIndexOf(socket: NetlinkSocket, name: string): Promise<number> {
  const index = await indexOf(socket, name);
  if (index === undefined) throw new NetlinkError(constants.errno.ENODEV, `finding ${name}`);
  return index;
}

async function deleteLinkIfThere(node: NetlinkSocket, name: string): Promise<void> {
  const { errno } = await node.ask(deleteLink(name));
  // Gone with its namespace already is as good as removed.
  if (errno !== 0 && errno !== constants.errno.ENODEV) throw new NetlinkError(errno, `deleting ${name}`);
}

/** At most 15 characters, as the kernel demands; the digest makes it the sandbox's own. */
export function linkName(prefix: string, sandboxId: string): string {
  return prefix.slice(0, 5) + createHash('sha256').update(sandboxId).digest('hex').slice(0, 10);
}
