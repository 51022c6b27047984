import type { Affinity, Pod, PodAffinityTerm } from '#api/types';
import { clusterOf, node, pod, scores, verdicts } from '../testing.ts';
import { interPodAffinity } from './inter-pod-affinity.ts';

const required = 'requiredDuringSchedulingIgnoredDuringExecution';
const preferred = 'preferredDuringSchedulingIgnoredDuringExecution';
const zone = (name: string) => ({ labels: { zone: name } });
/** Two nodes in zone 1, one in zone 2, one in none. */
const nodes = [node('a', zone('1')), node('b', zone('1')), node('c', zone('2')), node('d')];
const term = (app: string, extra: Partial<PodAffinityTerm> = {}): PodAffinityTerm => ({
  topologyKey: 'zone',
  labelSelector: { matchLabels: { app } },
  ...extra,
});
const near = (...terms: PodAffinityTerm[]): Affinity => ({ podAffinity: { [required]: terms } });
const apart = (...terms: PodAffinityTerm[]): Affinity => ({ podAntiAffinity: { [required]: terms } });
const running = (name: string, nodeName: string, labels: Record<string, string>, affinity?: Affinity): Pod =>
  pod(name, { nodeName, labels, ...(affinity && { spec: { affinity } }) });
const elsewhere = (item: Pod): Pod => ({ ...item, metadata: { ...item.metadata, namespace: 'other' } });

const noAffinity = "node(s) didn't match pod affinity rules (unresolvable)";
const antiAffinity = "node(s) didn't match pod anti-affinity rules";
const existing = "node(s) didn't satisfy existing pods anti-affinity rules";
const each = (a: string, c: string, d: string) => ({ a, b: a, c, d });

describe('what a pod requires', () => {
  it.each<{ name: string; running?: Pod[]; labels?: Record<string, string>; affinity?: Affinity; want: Record<string, string> | 'skip' }>([
    { name: 'nothing', running: [running('r', 'a', { app: 'x' })], want: 'skip' },
    {
      name: 'to be in the domain of another',
      running: [running('r', 'a', { app: 'x' })],
      affinity: near(term('x')),
      want: each('fits', noAffinity, noAffinity),
    },
    {
      name: 'not to be in the domain of another; a node outside of all domains is in none',
      running: [running('r', 'a', { app: 'x' })],
      affinity: apart(term('x')),
      want: each(antiAffinity, 'fits', 'fits'),
    },
    {
      name: 'a pod that is not there',
      running: [running('r', 'a', { app: 'y' })],
      affinity: near(term('x')),
      want: each(noAffinity, noAffinity, noAffinity),
    },
    {
      name: 'the first of a group goes to any domain, not outside of all',
      labels: { app: 'x' },
      affinity: near(term('x')),
      want: each('fits', 'fits', noAffinity),
    },
    {
      name: 'the second of a group goes to the first',
      running: [running('r', 'c', { app: 'x' })],
      labels: { app: 'x' },
      affinity: near(term('x')),
      want: each(noAffinity, 'fits', noAffinity),
    },
    {
      name: 'is no first of a group when one of its terms does not match it',
      labels: { app: 'x' },
      affinity: near(term('x'), term('y')),
      want: each(noAffinity, noAffinity, noAffinity),
    },
    {
      name: 'is no first of a group when one of its terms finds another',
      running: [running('r', 'a', { app: 'x' })],
      labels: { app: 'x', role: 'y' },
      affinity: near(term('x'), term('', { labelSelector: { matchLabels: { role: 'y' } } })),
      want: each(noAffinity, noAffinity, noAffinity),
    },
    {
      name: 'another outside of all domains leaves it the first of its group',
      running: [running('r', 'd', { app: 'x' })],
      labels: { app: 'x' },
      affinity: near(term('x')),
      want: each('fits', 'fits', noAffinity),
    },
    {
      name: 'every term holds',
      running: [running('r', 'a', { app: 'x' }), running('s', 'c', { app: 'x' }), running('t', 'c', { app: 'y' })],
      affinity: near(term('x'), term('y')),
      want: each(noAffinity, 'fits', noAffinity),
    },
    {
      name: 'pods of other namespaces do not count',
      running: [elsewhere(running('r', 'a', { app: 'x' }))],
      affinity: apart(term('x')),
      want: each('fits', 'fits', 'fits'),
    },
    {
      name: 'pods of a namespace that is named do',
      running: [elsewhere(running('r', 'a', { app: 'x' }))],
      affinity: apart(term('x', { namespaces: ['other'] })),
      want: each(antiAffinity, 'fits', 'fits'),
    },
    {
      name: 'pods of namespaces that are selected do, and the own one is then no exception',
      running: [elsewhere(running('r', 'a', { app: 'x' })), running('s', 'c', { app: 'x' })],
      affinity: apart(term('x', { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'other' } } })),
      want: each(antiAffinity, 'fits', 'fits'),
    },
    {
      name: 'a term without a selector selects nothing',
      running: [running('r', 'a', { app: 'x' })],
      affinity: apart({ topologyKey: 'zone' }),
      want: each('fits', 'fits', 'fits'),
    },
    {
      name: 'matchLabelKeys: pods of the same value alone',
      running: [running('r', 'a', { app: 'x', hash: '1' }), running('s', 'c', { app: 'x', hash: '2' })],
      labels: { hash: '2' },
      affinity: apart(term('x', { matchLabelKeys: ['hash', 'not-there'] })),
      want: each('fits', antiAffinity, 'fits'),
    },
    {
      name: 'mismatchLabelKeys: pods of other values alone',
      running: [running('r', 'a', { app: 'x', hash: '1' }), running('s', 'c', { app: 'x', hash: '2' })],
      labels: { hash: '2' },
      affinity: apart(term('x', { mismatchLabelKeys: ['hash'] })),
      want: each(antiAffinity, 'fits', 'fits'),
    },
    {
      name: 'what runs refuses whom it does not want beside it',
      running: [running('r', 'c', {}, apart(term('x')))],
      labels: { app: 'x' },
      want: each('fits', existing, 'fits'),
    },
    { name: 'what runs refuses nobody else', running: [running('r', 'c', {}, apart(term('x')))], labels: { app: 'y' }, want: 'skip' },
    {
      name: 'what runs in another namespace refuses pods of its own alone',
      running: [elsewhere(running('r', 'c', {}, apart(term('x'))))],
      labels: { app: 'x' },
      want: 'skip',
    },
  ])('$name', ({ running: others = [], labels = {}, affinity, want }) => {
    const incoming = pod('p', { labels, ...(affinity && { spec: { affinity } }) });
    expect(verdicts(interPodAffinity, incoming, clusterOf(nodes, others))).toEqual(want);
  });
});

describe('what a pod prefers', () => {
  const prefers = (weight: number, app: string): Affinity => ({ podAffinity: { [preferred]: [{ weight, podAffinityTerm: term(app) }] } });
  const avoids = (weight: number, app: string): Affinity => ({
    podAntiAffinity: { [preferred]: [{ weight, podAffinityTerm: term(app) }] },
  });
  const by = (a: number, c: number, d: number) => ({ a, b: a, c, d });

  it.each<{ name: string; running: Pod[]; labels?: Record<string, string>; affinity?: Affinity; want: Record<string, number> | 'skip' }>([
    { name: 'nothing', running: [running('r', 'a', { app: 'x' })], want: 'skip' },
    {
      name: 'a domain, by the pods in it',
      running: [running('r', 'a', { app: 'x' }), running('s', 'b', { app: 'x' }), running('t', 'c', { app: 'x' })],
      affinity: prefers(10, 'x'),
      want: by(100, 50, 0),
    },
    {
      name: 'to keep away; a node outside of all domains is as good as an empty one',
      running: [running('r', 'a', { app: 'x' })],
      affinity: avoids(10, 'x'),
      want: by(0, 100, 100),
    },
    {
      name: 'both, one against the other',
      running: [running('r', 'a', { app: 'x' }), running('s', 'c', { app: 'y' })],
      affinity: { ...prefers(10, 'x'), ...avoids(30, 'y') },
      want: by(100, 0, 75),
    },
    { name: 'what runs likes it', running: [running('r', 'c', {}, prefers(10, 'x'))], labels: { app: 'x' }, want: by(0, 100, 0) },
    { name: 'what runs dislikes it', running: [running('r', 'c', {}, avoids(10, 'x'))], labels: { app: 'x' }, want: by(100, 0, 100) },
    { name: 'what runs means others', running: [running('r', 'c', {}, prefers(10, 'x'))], labels: { app: 'y' }, want: 'skip' },
  ])('$name', ({ running: others, labels = {}, affinity, want }) => {
    const incoming = pod('p', { labels, ...(affinity && { spec: { affinity } }) });
    expect(scores(interPodAffinity, incoming, clusterOf(nodes, others))).toEqual(want);
  });
});
