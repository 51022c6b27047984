import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { PodNetwork } from '../contract.ts';
import { ROUTE_PROTOCOL } from '../node.ts';
import { hostRunner, ipBatch, must, type Runner } from '../runner.ts';
import { AddressPool } from './address-pool.ts';

export interface PodNetworkOptions {
  /** This node's pod range. */
  podCidr: string;
  /** Where addresses are remembered. */
  directory: string;
  /** Begins the names of the node's ends of the links; at most 5 characters are used. */
  interfacePrefix: string;
  /** The source address of the node's own connections to its pods; without it the kernel chooses. */
  nodeIp?: string;
  runner?: Runner;
}

/** Every pod's gateway: not an address of anybody, only a neighbour entry with the link's fixed hardware address (Calico's model). */
const GATEWAY = '169.254.1.1';
const NODE_MAC = 'ee:ee:ee:ee:ee:ee';

/**
 * One routed link per pod: no bridge, so no bridge filters and no hairpin switches, and each pod is one /32 route of the node. Expects
 * `prepareNode` to have been run.
 */
export async function createPodNetwork({
  podCidr,
  directory,
  interfacePrefix,
  nodeIp,
  runner = hostRunner,
}: PodNetworkOptions): Promise<PodNetwork> {
  const pool = await AddressPool.open(join(directory, 'addresses'), podCidr);
  const attaching = new Map<string, Promise<{ ip: string }>>();

  const attach = async ({ sandboxId, netnsPath, mtu }: { sandboxId: string; netnsPath: string; mtu?: number }): Promise<{ ip: string }> => {
    const known = pool.get(sandboxId) !== undefined;
    const ip = await pool.take(sandboxId);
    const link = linkName(interfacePrefix, sandboxId);
    if (known) {
      if (await isAttached(runner, { ip, link, netnsPath })) return { ip };
      // A half-made link of an earlier try; its other end goes with it.
      await runner.run(['ip', 'link', 'del', link]);
    }
    const size = mtu === undefined ? '' : ` mtu ${mtu}`;
    await ipBatch(runner, [
      // iproute2 takes anything with a slash for the path of a namespace.
      `link add ${link}${size} address ${NODE_MAC} type veth peer name eth0${size} netns ${netnsPath}`,
      `link set ${link} up`,
      `route replace ${ip}/32 dev ${link}${nodeIp ? ` src ${nodeIp}` : ''} proto ${ROUTE_PROTOCOL}`,
    ]);
    await must(
      runner,
      ['nsenter', `--net=${netnsPath}`, '--', 'ip', '-batch', '-'],
      `${[
        'link set lo up',
        `addr add ${ip}/32 dev eth0`,
        'link set eth0 up',
        `route add ${GATEWAY} dev eth0 scope link`,
        `neigh replace ${GATEWAY} lladdr ${NODE_MAC} dev eth0 nud permanent`,
        `route add default via ${GATEWAY} dev eth0`,
      ].join('\n')}\n`,
    );
    return { ip };
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
      if (pool.get(sandboxId) === undefined) return;
      const link = linkName(interfacePrefix, sandboxId);
      const result = await runner.run(['ip', 'link', 'del', link]);
      // Gone with its namespace already is as good as removed.
      if (result.code !== 0 && !result.stderr.includes('Cannot find device'))
        throw new Error(`ip link del ${link}: ${result.stderr.trim()}`);
      await pool.give(sandboxId);
    },
    async list() {
      return pool.list();
    },
  };
}

/** True when both ends, the address and the route are there: an adopted sandbox after a restart of the agent. */
async function isAttached(runner: Runner, { ip, link, netnsPath }: { ip: string; link: string; netnsPath: string }): Promise<boolean> {
  const route = await runner.run(['ip', 'route', 'show', `${ip}/32`, 'dev', link]);
  if (route.code !== 0 || route.stdout.trim() === '') return false;
  const inside = await runner.run(['nsenter', `--net=${netnsPath}`, '--', 'ip', 'route', 'show', 'default']);
  return inside.code === 0 && inside.stdout.includes(`via ${GATEWAY} dev eth0`);
}

/** At most 15 characters, as the kernel demands; the digest makes it the sandbox's own. */
export function linkName(prefix: string, sandboxId: string): string {
  return prefix.slice(0, 5) + createHash('sha256').update(sandboxId).digest('hex').slice(0, 10);
}
