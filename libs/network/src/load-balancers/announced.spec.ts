import type { EndpointSlice, Node, Service } from '#api/types';
import { announcedBy } from './announced.ts';

const pool = ['10.89.0.224/27', 'fd00:89::/112'];
const node = (name: string, { ready = 'True', labels = {} }: { ready?: string; labels?: Record<string, string> } = {}): Node => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name, labels },
  spec: {},
  status: { conditions: [{ type: 'Ready', status: ready }] },
});
const service = (name: string, ips: string[], spec: Partial<Service['spec']> = {}): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: 'default' },
  spec: { type: 'LoadBalancer', ...spec },
  status: { loadBalancer: { ingress: ips.map((ip) => ({ ip })) } },
});
const slice = (name: string, ...nodes: [string, boolean][]): EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name: `${name}-1`, namespace: 'default', labels: { 'kubernetes.io/service-name': name } },
  addressType: 'IPv4',
  endpoints: nodes.map(([nodeName, ready], i) => ({ addresses: [`10.244.0.${i + 1}`], nodeName, conditions: { ready } })),
});
const three = ['n1', 'n2', 'n3'].map((name) => node(name));
const many = Array.from({ length: 30 }, (_, i) => service(`s${i}`, [`10.89.0.${224 + i}`]));
const shares = (nodes: Node[], services: Service[], slices: EndpointSlice[] = []): Record<string, string[]> =>
  Object.fromEntries(nodes.map(({ metadata: { name = '' } }) => [name, announcedBy(name, { services, slices, nodes }, pool)]));

describe('addresses of load balancers', () => {
  it('are answered for by one node each, and every node has some', () => {
    const all = shares(three, many);
    expect(Object.values(all).flat().toSorted()).toEqual(many.flatMap(({ status }) => status!.loadBalancer!.ingress![0]!.ip!).toSorted());
    for (const ips of Object.values(all)) expect(ips.length).toBeGreaterThan(3);
  });

  it.each<[string, Node[]]>([
    ['is gone', three.slice(0, 2)],
    ['is not ready', [...three.slice(0, 2), node('n3', { ready: 'Unknown' })]],
    ['is excluded', [...three.slice(0, 2), node('n3', { labels: { 'node.kubernetes.io/exclude-from-external-load-balancers': '' } })]],
  ])('of a node that %s go to the others, which keep theirs', (_what, nodes) => {
    const [before, after] = [shares(three, many), shares(nodes, many)];
    for (const name of ['n1', 'n2']) expect(after[name]).toEqual(expect.arrayContaining(before[name]!));
    expect([...after['n1']!, ...after['n2']!].toSorted()).toEqual(Object.values(before).flat().toSorted());
    expect(after['n3'] ?? []).toEqual([]);
  });

  it('both of one service are at the same node', () => {
    const both = ['10.89.0.224', 'fd00:89::1'];
    expect(Object.values(shares(three, [service('a', both)])).filter((ips) => ips.length > 0)).toEqual([both]);
  });

  it('with policy Local are where a ready endpoint is, or nowhere', () => {
    const local = service('a', ['10.89.0.224'], { externalTrafficPolicy: 'Local' });
    expect(shares(three, [local], [slice('a', ['n1', false], ['n2', true])])).toEqual({ n1: [], n2: ['10.89.0.224'], n3: [] });
    expect(shares(three, [local], [slice('b', ['n1', true])])).toEqual({ n1: [], n2: [], n3: [] });
  });

  it.each<[string, Service]>([
    ['another class', service('a', ['10.89.0.224'], { loadBalancerClass: 'example.com/lb' })],
    ['another pool', service('a', ['10.90.0.1'])],
    ['a service that is none', service('a', ['10.89.0.224'], { type: 'ClusterIP' })],
    ['nobody yet', service('a', [])],
  ])('of %s are left alone', (_what, given) => expect(Object.values(shares(three, [given])).flat()).toEqual([]));
});
