import fc from 'fast-check';
import { seededRandom } from '#base/testing';
import type { Node, Pod } from '#api/types';
import type { ClusterCache } from './cache/cluster-cache.ts';
import { podInfo } from './cache/pod-info.ts';
import { decide } from './cycle.ts';
import { explainRefusals } from './explain.ts';
import { defaultProfile } from './plugins/index.ts';
import { clusterOf, node, pod } from './testing.ts';

function place(cache: ClusterCache, incoming: Pod): string {
  const decision = decide(podInfo(incoming), cache, defaultProfile, seededRandom(1));
  return decision.placed ? decision.node : explainRefusals(decision);
}

const holding = (item: Node, ...names: string[]): Node => ({
  ...item,
  status: { ...item.status, images: [{ names, sizeBytes: 800 * 2 ** 20 }] },
});

const exists = (key: string) => ({ key, operator: 'Exists' });
const cases: { name: string; nodes: Node[]; running?: Pod[]; pod: Pod; want: string }[] = [
  { name: 'no node at all', nodes: [], pod: pod('p'), want: 'no nodes available to schedule pods' },
  { name: 'requests that fit', nodes: [node('a', { cpu: '1' }), node('b', { cpu: '2' })], pod: pod('p', { cpu: '1500m' }), want: 'b' },
  {
    name: 'requests that nothing has room for are counted by resource',
    nodes: [node('a', { cpu: '1' }), node('b', { memory: '1Gi', cpu: '1' })],
    pod: pod('p', { cpu: '2', memory: '4Gi' }),
    want: '0/2 nodes are available: 1 Insufficient memory, 2 Insufficient cpu.',
  },
  {
    name: 'what runs counts',
    nodes: [node('a', { cpu: '1' })],
    running: [pod('r', { cpu: '600m', nodeName: 'a' })],
    pod: pod('p', { cpu: '500m' }),
    want: '0/1 nodes are available: 1 Insufficient cpu.',
  },
  {
    name: 'requests of the pod as a whole count instead of those of its containers',
    nodes: [node('a', { cpu: '1' })],
    pod: pod('p', { cpu: '100m', spec: { resources: { requests: { cpu: '2' } } } }),
    want: '0/1 nodes are available: 1 Insufficient cpu.',
  },
  {
    name: 'what runs counts by the requests of the pod as a whole',
    nodes: [node('a', { cpu: '1' })],
    running: [pod('r', { nodeName: 'a', spec: { resources: { requests: { cpu: '600m' } } } })],
    pod: pod('p', { cpu: '500m' }),
    want: '0/1 nodes are available: 1 Insufficient cpu.',
  },
  {
    name: 'a claim of a volume that is not there',
    nodes: [node('a')],
    pod: pod('p', { spec: { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }] } }),
    want: '0/1 nodes are available: persistentvolumeclaim "data" not found.',
  },
  {
    name: 'a claim that nobody makes of a template',
    nodes: [node('a')],
    pod: pod('p', { spec: { volumes: [{ name: 'v', ephemeral: {} }] } }),
    want: '0/1 nodes are available: waiting for ephemeral volume controller to create the persistentvolumeclaim "p-v".',
  },
  {
    name: 'a claim of a device that is not there',
    nodes: [node('a')],
    pod: pod('p', { spec: { resourceClaims: [{ name: 'gpu', resourceClaimName: 'mine' }] } }),
    want: '0/1 nodes are available: 1 resourceclaim "mine" not found.',
  },
  {
    name: 'an image that is there already',
    nodes: [node('a'), holding(node('b'), 'registry/x:v1', 'x:latest'), node('c')],
    pod: pod('p'),
    want: 'b',
  },
  {
    name: 'an image on one node of many does not draw everything there',
    nodes: [
      node('a', { cpu: '64', memory: '128Gi' }),
      holding(node('b'), 'x:latest'),
      ...Array.from({ length: 40 }, (_, i) => node(`n${i}`)),
    ],
    pod: pod('p'),
    want: 'a',
  },
  {
    name: 'an image that is there by another tag',
    nodes: [node('a', { cpu: '8', memory: '16Gi' }), holding(node('b'), 'x:v1')],
    pod: pod('p'),
    want: 'a',
  },
  {
    name: 'a finished pod does not count',
    nodes: [node('a', { cpu: '1' })],
    running: [{ ...pod('r', { cpu: '600m', nodeName: 'a' }), status: { phase: 'Succeeded' } }],
    pod: pod('p', { cpu: '500m' }),
    want: 'a',
  },
  {
    name: 'taints without toleration',
    nodes: [node('a', { taints: [{ key: 'k', value: 'v', effect: 'NoSchedule' }] })],
    pod: pod('p'),
    want: '0/1 nodes are available: 1 node(s) had untolerated taint {k: v}.',
  },
  {
    name: 'a toleration lets a pod onto a tainted node',
    nodes: [node('a', { taints: [{ key: 'k', value: 'v', effect: 'NoSchedule' }] })],
    pod: pod('p', { spec: { tolerations: [{ key: 'k', operator: 'Equal', value: 'v', effect: 'NoSchedule' }] } }),
    want: 'a',
  },
  {
    name: 'a cordoned node',
    nodes: [node('a', { unschedulable: true })],
    pod: pod('p'),
    want: '0/1 nodes are available: 1 node(s) were unschedulable.',
  },
  {
    name: 'node selector',
    nodes: [node('a'), node('b', { labels: { disk: 'ssd' } })],
    pod: pod('p', { spec: { nodeSelector: { disk: 'ssd' } } }),
    want: 'b',
  },
  {
    name: 'node affinity by expression',
    nodes: [node('a', { labels: { gpu: '1' } }), node('b')],
    pod: pod('p', {
      spec: {
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [exists('cpu-only')] }] },
          },
        },
      },
    }),
    want: "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector.",
  },
  {
    name: 'preferred node affinity decides between equals',
    nodes: [node('a'), node('b', { labels: { disk: 'ssd' } }), node('c')],
    pod: pod('p', {
      spec: {
        affinity: {
          nodeAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, preference: { matchExpressions: [exists('disk')] } }],
          },
        },
      },
    }),
    want: 'b',
  },
  {
    name: 'host ports',
    nodes: [node('a')],
    running: [
      pod('r', {
        nodeName: 'a',
        spec: { containers: [{ name: 'c', image: 'x', ports: [{ containerPort: 80, hostPort: 80, protocol: 'TCP' }] }] },
      }),
    ],
    pod: pod('p', {
      spec: { containers: [{ name: 'c', image: 'x', ports: [{ containerPort: 81, hostPort: 80, protocol: 'TCP', hostIP: '10.0.0.1' }] }] },
    }),
    want: "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports.",
  },
  {
    name: 'required anti-affinity',
    nodes: [node('a'), node('b')],
    running: [pod('r', { nodeName: 'a', labels: { app: 'x' } })],
    pod: pod('p', {
      labels: { app: 'x' },
      spec: {
        affinity: {
          podAntiAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: [
              { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'x' } } },
            ],
          },
        },
      },
    }),
    want: 'b',
  },
  {
    name: 'the anti-affinity of a pod that runs holds for newcomers',
    nodes: [node('a')],
    running: [
      pod('r', {
        nodeName: 'a',
        spec: {
          affinity: {
            podAntiAffinity: {
              requiredDuringSchedulingIgnoredDuringExecution: [
                { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'x' } } },
              ],
            },
          },
        },
      }),
    ],
    pod: pod('p', { labels: { app: 'x' } }),
    want: "0/1 nodes are available: 1 node(s) didn't satisfy existing pods anti-affinity rules.",
  },
  {
    name: 'the first pod of a group that wants to be together',
    nodes: [node('a')],
    pod: pod('p', {
      labels: { app: 'x' },
      spec: {
        affinity: {
          podAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: [
              { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'x' } } },
            ],
          },
        },
      },
    }),
    want: 'a',
  },
  {
    name: 'topology spread',
    nodes: [node('a', { labels: { zone: '1' } }), node('b', { labels: { zone: '2' } })],
    running: [pod('r', { nodeName: 'a', labels: { app: 'x' } })],
    pod: pod('p', {
      labels: { app: 'x' },
      spec: {
        topologySpreadConstraints: [
          { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', labelSelector: { matchLabels: { app: 'x' } } },
        ],
      },
    }),
    want: 'b',
  },
];

describe('a scheduling decision', () => {
  it.each(cases)('$name', ({ nodes, running, pod: incoming, want }) => {
    expect(place(clusterOf(nodes, running), incoming)).toBe(want);
  });

  it('spreads the replicas of one controller, one a node', () => {
    const cache = clusterOf([node('a'), node('b'), node('c')]);
    const placed = ['1', '2', '3'].map((name) => {
      const info = podInfo(pod(name, { owner: 'rs' }));
      const decision = decide(info, cache, defaultProfile, seededRandom(7));
      if (!decision.placed) throw new Error(explainRefusals(decision));
      cache.assume(info, decision.node);
      return decision.node;
    });
    expect(placed.toSorted()).toEqual(['a', 'b', 'c']);
  });

  it('never over-commits a node, whatever comes and goes', () => {
    const step = fc.record({ cpu: fc.integer({ min: 1, max: 3000 }), leaves: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.integer(), (steps, seed) => {
        const cache = clusterOf([node('a'), node('b', { cpu: '2' })]);
        const here: string[] = [];
        steps.forEach(({ cpu, leaves }, i) => {
          if (leaves && here.length) return cache.removePod(here.shift()!);
          const info = podInfo(pod(`p${i}`, { cpu: `${cpu}m` }));
          const decision = decide(info, cache, defaultProfile, seededRandom(seed));
          if (!decision.placed) return;
          cache.assume(info, decision.node);
          here.push(info.uid);
        });
        for (const { pods, allocatable, requested } of cache.nodes) {
          const sum = [...pods.values()].reduce((total, info) => total + info.requests.cpuMillis, 0);
          expect(requested.cpuMillis).toBe(sum);
          expect(sum).toBeLessThanOrEqual(allocatable.cpuMillis);
          expect(pods.size).toBeLessThanOrEqual(allocatable.pods);
        }
      }),
    );
  });
});
