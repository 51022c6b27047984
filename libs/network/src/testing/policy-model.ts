import ipaddr from 'ipaddr.js';
import { selectorMatches } from '#api';
import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from '#api/types';
import type { PolicyPod, PolicyWorld } from '../contract.ts';

/*
 * What "Network Policies" and the API reference say, word by word, without regard to how it is brought about: the measure of the rules.
 */

export interface Connection {
  from: string;
  to: string;
  protocol: 'TCP' | 'UDP' | 'SCTP';
  port: number;
}

/** "For a connection from a source pod to a destination pod to be allowed, both the egress policy on the source and the ingress policy on the destination need to allow it." */
export function isAllowed(world: PolicyWorld, connection: Connection): boolean {
  if (connection.from === connection.to) return true; // "A Pod cannot block access to itself"
  return directionAllows(world, connection, 'Egress') && directionAllows(world, connection, 'Ingress');
}

function directionAllows(world: PolicyWorld, connection: Connection, type: 'Ingress' | 'Egress'): boolean {
  const [own, other] = type === 'Ingress' ? [connection.to, connection.from] : [connection.from, connection.to];
  const subject = world.local.find(({ ips }) => ips.includes(own));
  if (!subject) return true;
  const applying = world.policies.filter(
    ({ metadata, spec }) =>
      metadata.namespace === subject.namespace &&
      (spec.policyTypes ?? []).includes(type) &&
      selectorMatches(spec.podSelector ?? {}, subject.labels),
  );
  // "By default, a pod is non-isolated"; policies "do not conflict; they are additive".
  return applying.length === 0 || applying.some((policy) => policyAllows(world, policy, { connection, other, type }));
}

function policyAllows(
  world: PolicyWorld,
  { metadata, spec }: NetworkPolicy,
  { connection, other, type }: { connection: Connection; other: string; type: 'Ingress' | 'Egress' },
): boolean {
  const rules =
    type === 'Ingress'
      ? (spec.ingress ?? []).map((r) => ({ ...r, peers: r.from }))
      : (spec.egress ?? []).map((r) => ({ ...r, peers: r.to }));
  return rules.some(
    ({ peers = [], ports = [] }) =>
      (peers.length === 0 || peers.some((peer) => isPeer(world, peer, other, metadata.namespace ?? ''))) &&
      (ports.length === 0 || ports.some((port) => isPort(world, port, connection))),
  );
}

function isPeer(world: PolicyWorld, { ipBlock, podSelector, namespaceSelector }: NetworkPolicyPeer, ip: string, own: string): boolean {
  if (ipBlock) return isIn(ip, ipBlock.cidr) && !(ipBlock.except ?? []).some((hole) => isIn(ip, hole));
  return world.pods.some(
    (pod) =>
      pod.ips.includes(ip) &&
      isNamespace(world, pod, namespaceSelector ?? undefined, own) &&
      selectorMatches(podSelector ?? {}, pod.labels),
  );
}

function isNamespace({ namespaces }: PolicyWorld, pod: PolicyPod, selector: NetworkPolicyPeer['namespaceSelector'], own: string): boolean {
  if (!selector) return pod.namespace === own;
  const namespace = namespaces.find(({ name }) => name === pod.namespace);
  return namespace !== undefined && selectorMatches(selector, namespace.labels);
}

function isPort(world: PolicyWorld, { protocol = 'TCP', port, endPort }: NetworkPolicyPort, connection: Connection): boolean {
  if (protocol !== connection.protocol) return false;
  if (port === undefined) return true;
  if (typeof port === 'number') return connection.port >= port && connection.port <= (endPort ?? port);
  return world.pods.some(
    ({ ips, ports }) =>
      ips.includes(connection.to) &&
      ports.some((each) => each.name === port && each.protocol === protocol && each.port === connection.port),
  );
}

function isIn(ip: string, cidr: string): boolean {
  const address = ipaddr.parse(ip);
  const [range, bits] = ipaddr.parseCIDR(cidr);
  return address.kind() === range.kind() && address.match([range, bits]);
}
