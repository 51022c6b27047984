import fc from 'fast-check';
import type { NetworkPolicy, NetworkPolicySpec } from '#api/types';
import type { PolicyPod, PolicyWorld } from '../contract.ts';
import { ipv4, ipv6 } from '../family.ts';
import { changeMessages } from '../services/change-messages.ts';
import { renderChange, type Ruleset } from '../services/ruleset.ts';
import { type Connection, isAllowed } from '../testing/policy-model.ts';
import { judge } from '../testing/rule-interpreter.ts';
import { policyRules } from './policy-rules.ts';

const families = [ipv4, ipv6];
const labels = fc.dictionary(fc.constantFrom('app', 'tier'), fc.constantFrom('a', 'b'), { maxKeys: 2 });
const selector = fc.oneof(
  fc.constant({}),
  fc.record({ matchLabels: labels }),
  fc.record({
    matchExpressions: fc.array(
      fc.oneof(
        fc.record({ key: fc.constantFrom('app', 'tier'), operator: fc.constantFrom('In', 'NotIn'), values: fc.constant(['a']) }),
        fc.record({ key: fc.constantFrom('app', 'tier'), operator: fc.constantFrom('Exists', 'DoesNotExist') }),
      ),
      { maxLength: 2 },
    ),
  }),
);
const namespaces = ['one', 'two', 'three'];
const block = fc.constantFrom(
  { cidr: '10.244.0.0/16', except: ['10.244.1.0/24', '10.244.1.128/25'] },
  { cidr: '10.244.1.3/31', except: ['10.244.1.3/32'] },
  { cidr: '0.0.0.0/0' },
  { cidr: '0.0.0.0/0', except: ['10.244.2.0/24', '255.255.255.255/32'] },
  { cidr: '192.0.2.0/24' },
  { cidr: 'fd00:10:244::/56', except: ['fd00:10:244:1::/64'] },
  { cidr: '::/0' },
  { cidr: '2001:db8::99/128' },
);
const peer = fc.oneof(
  block.map((ipBlock) => ({ ipBlock })),
  fc.record({ podSelector: selector }),
  fc.record({ namespaceSelector: selector }),
  fc.record({ podSelector: selector, namespaceSelector: selector }),
);
const protocol = fc.constantFrom('TCP', 'UDP', 'SCTP');
const port = fc.oneof(
  fc.record({ protocol }),
  fc.record({ protocol, port: fc.constantFrom<number | string>(80, 81, 'web', 'metrics') }, { requiredKeys: ['port'] }),
  fc.constantFrom({ port: 79, endPort: 80 }, { port: 80, endPort: 90 }, { port: 81, endPort: 100, protocol: 'UDP' }),
);
const rule = <K extends string>(side: K) =>
  fc.record({ [side]: fc.array(peer, { maxLength: 3 }), ports: fc.array(port, { maxLength: 3 }) }, { requiredKeys: [] });
const spec = fc.record({
  podSelector: selector,
  policyTypes: fc.constantFrom(['Ingress'], ['Egress'], ['Ingress', 'Egress']),
  ingress: fc.array(rule('from'), { maxLength: 3 }),
  egress: fc.array(rule('to'), { maxLength: 3 }),
}) as unknown as fc.Arbitrary<NetworkPolicySpec>;
const policies = fc
  .array(fc.record({ namespace: fc.constantFrom(...namespaces), spec }), { maxLength: 6 })
  .map((all) => all.map(({ namespace, spec: given }, i) => ({ metadata: { namespace, name: `p${i}` }, spec: given }) as NetworkPolicy));
const ports = fc.subarray([
  { name: 'web', protocol: 'TCP', port: 80 },
  { name: 'web', protocol: 'UDP', port: 81 },
  { name: 'metrics', protocol: 'TCP', port: 81 },
]);
const pods = fc.array(fc.record({ namespace: fc.constantFrom(...namespaces), labels, ports }), { minLength: 2, maxLength: 6 }).map((all) =>
  // Every other one is of another node.
  all.map((pod, i): PolicyPod => ({ ...pod, ips: [`10.244.${1 + (i % 2)}.${2 + i}`, `fd00:10:244:${1 + (i % 2)}::${2 + i}`] })),
);
const world: fc.Arbitrary<PolicyWorld> = fc
  .record({ policies, pods, labelled: fc.array(labels, { minLength: 3, maxLength: 3 }) })
  .map(({ labelled, ...rest }) => ({
    ...rest,
    namespaces: namespaces.map((name, i) => ({ name, labels: labelled[i]! })),
    local: rest.pods.filter((_pod, i) => i % 2 === 0),
  }));

function* connections({ pods: all }: PolicyWorld, i: 0 | 1): Generator<Connection> {
  const ends = [...all.map(({ ips }) => ips[i]!), i === 0 ? '192.0.2.99' : '2001:db8::99'];
  for (const from of ends)
    for (const to of ends)
      for (const each of ['TCP', 'UDP', 'SCTP'] as const)
        for (const number of [79, 80, 81, 95]) yield { from, to, protocol: each, port: number };
}

describe('the rules of policies', () => {
  it.each([0, 1] as const)('allow what the documentation allows, and nothing else (family %d)', (i) => {
    fc.assert(
      fc.property(world, (given) => {
        const ruleset = policyRules(given, families[i]!);
        const wrong = [...connections(given, i)].filter((connection) => judge(ruleset, connection) !== isAllowed(given, connection));
        expect(wrong).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  it('change by elements alone when pods and labels change, to what they would be made anew', () => {
    fc.assert(
      fc.property(world, pods, (before, others) => {
        const after = { ...before, pods: [...before.local, ...others.map((pod) => ({ ...pod, ips: pod.ips.map((ip) => `${ip}0`) }))] };
        const [old, now] = [policyRules(before, ipv4), policyRules(after, ipv4)];
        const messages = changeMessages(old, now, { family: ipv4, table: 'x' });
        expect(messages).toBeDefined();
        const lines = renderChange('ip x', old, now).split('\n').filter(Boolean);
        expect(lines.filter((line) => !/^(add|delete) element /.test(line))).toEqual([]);
        // Elements of one set go in one message, as they do in one line.
        expect(messages).toHaveLength(lines.length);
      }),
      { numRuns: 100 },
    );
  });
});

const policy = (name: string, given: NetworkPolicySpec, namespace = 'one'): NetworkPolicy =>
  ({ metadata: { name, namespace }, spec: given }) as NetworkPolicy;
const pod = (ip: string, more: Partial<PolicyPod> = {}): PolicyPod => ({ namespace: 'one', ips: [ip], ports: [], ...more });

describe('what policies need in the kernel', () => {
  const local = [pod('10.244.1.2', { labels: { app: 'a' } }), pod('10.244.1.3', { labels: { app: 'a' } }), pod('10.244.1.4')];
  const of = (...all: NetworkPolicy[]): Ruleset => policyRules({ policies: all, namespaces: [], pods: local, local }, ipv4);

  it('is an address for a pod that none selects', () => {
    const { chains, sets, elements } = of(
      policy('else', { podSelector: {} }, 'two'),
      policy('none', { podSelector: { matchLabels: { no: 'pod' } } }),
    );
    expect([chains.size, sets.size, [...elements.keys()]]).toEqual([0, 0, ['admitted']]);
  });

  it('is one chain for all pods that the same policies select', () => {
    const { chains, elements } = of(
      policy('a', { podSelector: { matchLabels: { app: 'a' } }, policyTypes: ['Ingress'], ingress: [{ ports: [{ port: 80 }] }] }),
      policy('deny', { podSelector: {}, policyTypes: ['Ingress'] }),
    );
    expect(new Set(elements.get('ingress')!.values()).size).toBe(2);
    expect([...chains.keys()].filter((name) => !name.startsWith('all-'))).toEqual(['ingress-one/a', 'ingress-one/deny']);
    expect(chains.get('ingress-one/a')).toEqual(['meta l4proto tcp ct reply proto-src { 80 } accept']);
    expect(chains.get('ingress-one/deny')).toEqual([]);
  });

  it('holds for addresses in any spelling', () => {
    const odd = pod('FD00:10:244:1:0::2');
    const { elements } = policyRules({ policies: [], namespaces: [], pods: [odd], local: [odd] }, ipv6);
    expect([...elements.get('admitted')!.keys()]).toEqual(['fd00:10:244:1::2']);
  });
});
