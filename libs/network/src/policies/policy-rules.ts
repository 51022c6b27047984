import { createHash } from 'node:crypto';
import { labelMatcher, selectorMatches } from '#api';
import type { IPBlock, LabelSelector, NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from '#api/types';
import { policyTypesOf } from '#objects';
import type { PolicyPod, PolicyWorld } from '../contract.ts';
import { type AddressFamily, ipv4, ipv6, oneSpelling } from '../family.ts';
import { emptyRuleset, type Ruleset } from '../services/ruleset.ts';
import { addressText, merged, numberText, rangeOf, wholeOf, without } from './address-ranges.ts';
import { DESTINATION_PORT, destinationOf, sourceOf } from './policy-table.ts';

/**
 * What the policies are in nftables, for one family. A pod that policies select leads from its address (`ingress`, `egress`) to the chain of all
 * of them, which it shares with the pods that the same ones select: it tries the chain of each policy in turn, and drops. Whom a rule
 * allows is a set of addresses, one for each choice of pods: pods that come, go or get other labels change elements alone.
 *
 * Policies that select no pod of this node make nothing here.
 */
export function policyRules(world: PolicyWorld, family: AddressFamily): Ruleset {
  return new PolicyRules(world, family).make();
}

const directions = ['ingress', 'egress'] as const;
type Direction = (typeof directions)[number];

/** As long as the pod is the same object. */
const addressesIn = new Map([ipv4, ipv6].map((family) => [family, new WeakMap<PolicyPod, readonly string[]>()]));

class PolicyRules {
  private readonly ruleset: Ruleset = emptyRuleset();
  private readonly policiesIn: Map<string, NetworkPolicy[]>;
  private readonly podsIn: Map<string, PolicyPod[]>;

  constructor(
    private readonly world: PolicyWorld,
    private readonly family: AddressFamily,
  ) {
    const byName = world.policies.toSorted((a, b) => compare(a.metadata.name ?? '', b.metadata.name ?? ''));
    this.policiesIn = Map.groupBy(byName, ({ metadata }) => metadata.namespace ?? '');
    this.podsIn = Map.groupBy(world.pods, ({ namespace }) => namespace);
  }

  make(): Ruleset {
    for (const pod of this.world.local) {
      const addresses = this.addressesOf(pod);
      for (const ip of addresses) this.element('admitted', ip);
      for (const direction of directions) this.isolate(pod, addresses, direction);
    }
    return this.ruleset;
  }

  private isolate({ namespace, labels }: PolicyPod, addresses: readonly string[], direction: Direction): void {
    const policies = (this.policiesIn.get(namespace) ?? []).filter(
      ({ spec }) => policyTypesOf(spec).includes(typeNames[direction]) && selectorMatches(spec.podSelector ?? {}, labels),
    );
    if (policies.length === 0 || addresses.length === 0) return;
    const chain = this.chainOfAll(namespace, policies, direction);
    for (const ip of addresses) {
      this.element(direction, ip, `goto ${chain}`);
      this.element('self', `${ip} . ${ip}`);
    }
  }

  private chainOfAll(namespace: string, policies: readonly NetworkPolicy[], direction: Direction): string {
    const names = policies.map(({ metadata }) => metadata.name).join();
    const chain = chainName(`all-${direction}`, policies.length === 1 ? `${namespace}/${names}` : digest(`${namespace}/${names}`));
    if (this.ruleset.chains.has(chain)) return chain;
    this.ruleset.chains.set(chain, [
      // "a Pod cannot block access to itself": by way of a service it passes its node.
      `${sourceOf(this.family)} . ${destinationOf(this.family)} @self accept`,
      // Errors about a connection: that it is too big for the way, or refused.
      `meta l4proto ${this.family.icmp} ct state related accept`,
      ...policies.map((policy) => `jump ${this.chainOf(policy, direction)}`),
      'drop',
    ]);
    return chain;
  }

  private chainOf({ metadata, spec }: NetworkPolicy, direction: Direction): string {
    const { namespace = '', name } = metadata;
    const chain = chainName(direction, `${namespace}/${name}`);
    if (this.ruleset.chains.has(chain)) return chain;
    const rules =
      direction === 'ingress'
        ? (spec.ingress ?? []).map(({ from, ports }) => ({ peers: from, ports }))
        : (spec.egress ?? []).map(({ to, ports }) => ({ peers: to, ports }));
    const lines = rules.flatMap(({ peers, ports }) => {
      const whom = peers?.length ? this.peerMatches(peers, namespace, direction) : [''];
      const what = ports?.length ? this.portMatches(ports) : [''];
      return whom.flatMap((peer) => what.map((port) => [peer, port, 'accept'].filter(Boolean).join(' ')));
    });
    this.ruleset.chains.set(chain, lines);
    return chain;
  }

  /** Any of them may hold; none does where all name addresses of the other family. */
  private peerMatches(peers: readonly NetworkPolicyPeer[], namespace: string, direction: Direction): string[] {
    const end = direction === 'ingress' ? sourceOf(this.family) : destinationOf(this.family);
    const blocks = peers.flatMap(({ ipBlock }) => (ipBlock ? this.rangesOf(ipBlock) : []));
    const ranges = merged(blocks);
    const [[first, last] = []] = ranges;
    const [lowest, highest] = wholeOf(this.family);
    if (first === lowest && last === highest) return [''];
    const sets = peers.flatMap(({ ipBlock, podSelector, namespaceSelector }) =>
      ipBlock ? [] : [this.podSet(podSelector ?? {}, namespaceSelector, namespace)],
    );
    return [
      ...[...new Set(sets)].map((set) => `${end} @${set}`),
      ...(ranges.length > 0 ? [`${end} { ${ranges.map((range) => addressText(range, this.family)).join(', ')} }`] : []),
    ];
  }

  private rangesOf({ cidr, except = [] }: IPBlock) {
    if (!this.family.owns(oneSpelling(cidr.split('/')[0] ?? ''))) return [];
    return without(
      rangeOf(cidr, this.family),
      except.map((hole) => rangeOf(hole, this.family)),
    );
  }

  /** Addresses of the pods that a peer chooses: out of the policy's namespace, or of those that `namespaceSelector` chooses. */
  private podSet(podSelector: LabelSelector, namespaceSelector: LabelSelector | undefined, own: string): string {
    const where = namespaceSelector ? `in ${labelMatcher(namespaceSelector).toString()}` : own;
    const name = `pods-${digest(`${where} | ${labelMatcher(podSelector).toString()}`)}`;
    if (this.ruleset.sets.has(name)) return name;
    this.ruleset.sets.set(name, `type ${this.family.nftAddress} ;`);
    const namespaces = namespaceSelector
      ? this.world.namespaces.filter(({ labels }) => selectorMatches(namespaceSelector, labels)).map((each) => each.name)
      : [own];
    for (const pod of namespaces.flatMap((namespace) => this.podsIn.get(namespace) ?? []))
      if (selectorMatches(podSelector, pod.labels)) for (const ip of this.addressesOf(pod)) this.element(name, ip);
    return name;
  }

  private portMatches(ports: readonly NetworkPolicyPort[]): string[] {
    return [...Map.groupBy(ports, ({ protocol = 'TCP' }) => protocol)].flatMap(([protocol, given]) => {
      const transport = `meta l4proto ${protocol.toLowerCase()}`;
      if (given.some(({ port }) => port === undefined)) return [transport];
      const names = given.flatMap(({ port }) => (typeof port === 'string' ? [port] : []));
      const ranges = merged(
        given.flatMap(({ port, endPort = port }) => (typeof port === 'number' ? [[BigInt(port), BigInt(endPort as number)] as const] : [])),
      );
      return [
        ...(ranges.length > 0 ? [`${transport} ${DESTINATION_PORT} { ${ranges.map(numberText).join(', ')} }`] : []),
        ...[...new Set(names)].map(
          (name) => `${transport} ${destinationOf(this.family)} . ${DESTINATION_PORT} @${this.portSet(name, protocol)}`,
        ),
      ];
    });
  }

  /** A port by name is whatever port each pod has under it. */
  private portSet(name: string, protocol: string): string {
    const set = `port-${protocol.toLowerCase()}-${name}`;
    if (this.ruleset.sets.has(set)) return set;
    this.ruleset.sets.set(set, `type ${this.family.nftAddress} . inet_service ;`);
    for (const pod of this.world.pods)
      for (const port of pod.ports.filter((each) => each.name === name && each.protocol === protocol))
        for (const ip of this.addressesOf(pod)) this.element(set, `${ip} . ${port.port}`);
    return set;
  }

  /** Asked for by each set that the pod is in, at each change of anything. */
  private addressesOf(pod: PolicyPod): readonly string[] {
    const known = addressesIn.get(this.family)!;
    let addresses = known.get(pod);
    if (!addresses) known.set(pod, (addresses = pod.ips.map(oneSpelling).filter(this.family.owns)));
    return addresses;
  }

  private element(name: string, key: string, value = ''): void {
    const elements = this.ruleset.elements.get(name);
    if (elements) elements.set(key, value);
    else this.ruleset.elements.set(name, new Map([[key, value]]));
  }
}

const typeNames = { ingress: 'Ingress', egress: 'Egress' } as const;

/** Readable in `nft list ruleset`; a digest where that would be too long for nft. */
const chainName = (kind: string, id: string): string => (id.length <= 100 ? `${kind}-${id}` : `${kind}-${digest(id)}`);
const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
