import type { ControllerRevision, DaemonSet, DaemonSetSpec, Node, Pod, PodSpec, Taint } from '#api/types';
import { node as readyNode, pod as plainPod, readyPod } from '../testing/small-cluster.ts';
import { templatePatch } from '../revisions/revision.ts';
import { hashOf, historyOf } from './history.ts';
import { boundTo } from './placement.ts';
import { type Action, reconcile, type Seen } from './reconcile.ts';

const now = new Date('2026-01-01T01:00:00Z');
const anHourAgo = new Date('2026-01-01T00:00:00Z');
const owner = { apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'd', uid: 'd-1', controller: true };
const template = (spec: Partial<PodSpec> = {}) => ({ metadata: { labels: { app: 'a' } }, spec: { containers: [], ...spec } });
const rolling = (maxUnavailable: number | string, maxSurge: number | string = 0) => ({
  updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable, maxSurge } },
});

function daemon(spec: Partial<DaemonSetSpec> = {}, status?: DaemonSet['status']): DaemonSet {
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: {
      name: 'd',
      namespace: 'default',
      uid: 'd-1',
      generation: 2,
      annotations: { 'deprecated.daemonset.template.generation': '2' },
    },
    spec: { selector: { matchLabels: { app: 'a' } }, template: template(), ...rolling(1), ...spec },
    ...(status && { status }),
  };
}

const node = (name: string, taints: Taint[] = [], labels: Record<string, string> = {}): Node => ({
  ...readyNode(name),
  metadata: { name, labels },
  spec: { taints },
});

const revisionOf = (set: DaemonSet, metadata: object = {}, revision = 1): ControllerRevision => {
  const { current } = historyOf(set, []);
  return { ...current, revision, metadata: { ...current.metadata, uid: 'r-1', ownerReferences: [owner], ...metadata } };
};
const current = hashOf(revisionOf(daemon()));

interface Daemon {
  hash?: string;
  ready?: boolean;
  phase?: string;
  created?: string;
  metadata?: object;
}
const daemonPod = (
  name: string,
  on: string,
  { hash = current, ready = true, phase = 'Running', metadata, created = '00' }: Daemon = {},
): Pod => {
  const labels = { app: 'a', 'controller-revision-hash': hash };
  const creationTimestamp = `2026-01-01T00:${created}:00Z`;
  const pod = plainPod(name, labels, { uid: name, creationTimestamp, ownerReferences: [owner], ...metadata });
  const placed = { ...pod, spec: { ...pod.spec, nodeName: on } };
  return ready ? readyPod(placed, anHourAgo) : { ...placed, status: { phase } };
};
const waiting = (name: string, on: string, metadata: object = {}): Pod => {
  const pod = daemonPod(name, '', { ready: false, phase: 'Pending', metadata });
  return { ...pod, spec: { containers: [], affinity: boundTo(on, undefined) } };
};
const going = { deletionTimestamp: '2026-01-01T00:59:00Z' };

const seen = (set: DaemonSet, nodes: Node[], pods: Pod[] = [], more: Partial<Seen> = {}): Seen => ({
  set,
  nodes,
  pods,
  revisions: [revisionOf({ ...set, status: undefined })],
  retryAtMs: () => 0,
  ...more,
});

/** What is done to pods, in few words. */
function said(action: Action): string[] {
  switch (action.do) {
    case 'createPods':
      return [`+${action.nodes.join()}`];
    case 'deletePods':
      return [`-${action.pods.map(({ metadata }) => metadata.name).join()}`];
    case 'removeEnded':
      return [`ended ${action.ended.map(({ pod }) => pod.metadata.name).join()}`];
    case 'updateStatus':
      return [];
    default:
      return [action.do];
  }
}
const done = (what: Seen): string[] => reconcile(what, now).actions.flatMap(said);

const noSchedule: Taint = { key: 'k', effect: 'NoSchedule' };
const noExecute: Taint = { key: 'k', effect: 'NoExecute' };
const at = (key: string, effect: string): Taint => ({ key: `node.kubernetes.io/${key}`, effect });
const shortOf = [at('not-ready', 'NoExecute'), at('unreachable', 'NoExecute'), at('disk-pressure', 'NoSchedule')].concat([
  at('memory-pressure', 'NoSchedule'),
  at('pid-pressure', 'NoSchedule'),
  at('unschedulable', 'NoSchedule'),
]);
const noNetwork = at('network-unavailable', 'NoSchedule');

describe('where the pods of a DaemonSet are', () => {
  it.each<[string, DaemonSet, Node[], Pod[], string[]]>([
    ['makes one on every node', daemon(), [node('a'), node('b')], [], ['+a,b']],
    ['makes what is missing', daemon(), [node('a'), node('b')], [daemonPod('x', 'a')], ['+b']],
    ['waits for the scheduler', daemon(), [node('a')], [waiting('x', 'a')], []],
    ['waits for what is going', daemon(), [node('a')], [daemonPod('x', 'a', { metadata: going })], []],
    [
      'replaces what has ended and goes',
      daemon(),
      [node('a')],
      [daemonPod('x', 'a', { ready: false, phase: 'Failed', metadata: going })],
      ['+a'],
    ],
    [
      'keeps to a node selector',
      daemon({ template: template({ nodeSelector: { d: 's' } }) }),
      [node('a', [], { d: 's' }), node('b')],
      [],
      ['+a'],
    ],
    ['keeps to a node name', daemon({ template: template({ nodeName: 'b' }) }), [node('a'), node('b')], [], ['+b']],
    [
      'takes pods from nodes that it does not fit any more',
      daemon({ template: template({ nodeSelector: { d: 's' } }) }),
      [node('a')],
      [daemonPod('x', 'a')],
      ['-x'],
    ],
    ['does not start where a taint keeps it off', daemon(), [node('a', [noSchedule]), node('b', [noExecute])], [], []],
    ['stays where a taint only keeps new ones off', daemon(), [node('a', [noSchedule])], [daemonPod('x', 'a')], []],
    ['leaves where a taint drives it off', daemon(), [node('a', [noExecute])], [daemonPod('x', 'a')], ['-x']],
    [
      'tolerates what it says',
      daemon({ template: template({ tolerations: [{ operator: 'Exists' }] }) }),
      [node('a', [noSchedule, noExecute])],
      [],
      ['+a'],
    ],
    ['does not mind what is only not preferred', daemon(), [node('a', [{ key: 'k', effect: 'PreferNoSchedule' }])], [], ['+a']],
    ['does not mind what a node is short of', daemon(), [node('a', shortOf)], [], ['+a']],
    ['needs a network', daemon(), [node('a', [noNetwork])], [], []],
    ['needs none but the host’s', daemon({ template: template({ hostNetwork: true }) }), [node('a', [noNetwork])], [], ['+a']],
    ['takes the younger of two', daemon(), [node('a')], [daemonPod('young', 'a', { created: '05' }), daemonPod('old', 'a')], ['-young']],
    ['takes the one that is not placed', daemon(), [node('a')], [waiting('w', 'a'), daemonPod('x', 'a', { created: '05' })], ['-w']],
    ['takes what waits for a node that is gone', daemon(), [node('a')], [daemonPod('x', 'a'), waiting('w', 'b')], ['-w']],
    ['leaves what is on a node that is gone to others', daemon(), [node('a')], [daemonPod('x', 'a'), daemonPod('y', 'b')], []],
    ['removes what has failed', daemon(), [node('a')], [daemonPod('x', 'a', { ready: false, phase: 'Failed' })], ['ended x']],
    ['removes what has succeeded', daemon(), [node('a')], [daemonPod('x', 'a', { ready: false, phase: 'Succeeded' })], ['ended x']],
    ['does nothing once it goes', { ...daemon(), metadata: { ...daemon().metadata, ...going } }, [node('a')], [], []],
    ['adopts', daemon(), [node('a')], [daemonPod('x', 'a', { metadata: { ownerReferences: [] } })], ['adopt']],
    ['releases', daemon(), [node('a')], [daemonPod('x', 'a', { metadata: { labels: {} } })], ['release', '+a']],
  ])('%s', (_name, ...[set, nodes, pods, want]) => expect(done(seen(set, nodes, pods))).toEqual(want));

  it('a pod that failed again so soon is left for a while', () => {
    const failed = daemonPod('x', 'a', { ready: false, phase: 'Failed' });
    const plan = reconcile(seen(daemon(), [node('a')], [failed], { retryAtMs: () => now.getTime() + 4_000 }), now);
    expect([plan.actions.flatMap(said), plan.requeueAfterMs]).toEqual([[], 4_000]);
  });

  it('creates and deletes 250 at a time', () => {
    const nodes = Array.from({ length: 300 }, (_, i) => node(`n${i}`));
    const [create] = reconcile(seen(daemon(), nodes), now).actions.filter((action) => action.do === 'createPods');
    expect(create?.nodes).toHaveLength(250);
  });
});

describe('the update of a DaemonSet', () => {
  const nodes = ['a', 'b', 'c', 'd'].map((name) => node(name));
  const old = (on: string, more: Daemon = {}): Pod => daemonPod(`old-${on}`, on, { hash: 'old', ...more });
  const fresh = (on: string, more: Daemon = {}): Pod => daemonPod(`new-${on}`, on, { created: '30', ...more });
  const ofBoth = (on: string): Pod =>
    daemonPod(`gen-${on}`, on, { hash: 'old', metadata: { labels: { app: 'a', 'pod-template-generation': '2' } } });
  const all = [old('a'), old('b'), old('c'), old('d')];
  const unready = { ready: false };

  it.each<[string, Partial<DaemonSetSpec>, Pod[], string[]]>([
    ['takes one old pod at a time', rolling(1), all, ['-old-a']],
    ['takes as many as a percentage, rounded up', rolling('30%'), all, ['-old-a,old-b']],
    ['waits for the new ones', rolling(1), [fresh('a', unready), old('b'), old('c'), old('d')], []],
    ['goes on when the new one is there', rolling(1), [fresh('a'), old('b'), old('c'), old('d')], ['-old-b']],
    [
      'waits until the new one is long enough ready',
      { ...rolling(1), minReadySeconds: 7200 },
      [fresh('a'), old('b'), old('c'), old('d')],
      ['-old-b,old-c,old-d'],
    ],
    [
      'takes those that do not work, whatever the limit',
      rolling(1),
      [old('a', unready), old('b', unready), old('c'), old('d')],
      ['-old-a,old-b'],
    ],
    ['makes what is missing first', rolling(4), [old('a'), old('b'), old('c')], ['+d']],
    ['leaves pods until someone deletes them', { updateStrategy: { type: 'OnDelete' } }, all, []],
    ['knows pods by their generation too', rolling(4), [ofBoth('a'), fresh('b'), fresh('c'), fresh('d')], []],
    ['gets on where nothing may be missing', rolling('0%'), all, ['-old-a']],
    ['with surge makes the new one first', rolling(0, 1), all, ['+a']],
    ['with surge waits for it', rolling(0, 1), [...all, fresh('a', unready)], []],
    ['with surge takes the old one then', rolling(0, 1), [...all, fresh('a')], ['-old-a']],
    [
      'with surge replaces those that do not work at once',
      rolling(0, 1),
      [old('a', unready), old('b', unready), old('c'), old('d')],
      ['+a,b,c'],
    ],
    [
      'with surge takes an old one that fails meanwhile',
      rolling(0, 1),
      [old('a', unready), fresh('a', unready), old('b'), old('c'), old('d')],
      ['-old-a'],
    ],
    [
      'with surge has no third',
      rolling(0, 1),
      [...all, fresh('a', unready), daemonPod('third', 'a', { created: '40', ...unready })],
      ['-third'],
    ],
    [
      'with surge does not wait for what is going',
      rolling(0, 1),
      [old('a', { metadata: going }), fresh('b'), fresh('c'), fresh('d')],
      ['+a'],
    ],
  ])('%s', (_name, spec, pods, want) => expect(done(seen(daemon(spec), nodes, pods))).toEqual(want));

  it('with surge keeps a pod where it may not be until one elsewhere has taken over', () => {
    const set = daemon({ ...rolling(0, 1), template: template({ tolerations: [] }) });
    const hash = hashOf(revisionOf(set));
    const places = [node('a', [noSchedule]), node('b')];
    expect(done(seen(set, places, [old('a'), fresh('b', { hash, ...unready })]))).toEqual([]);
    expect(done(seen(set, places, [old('a'), fresh('b', { hash })]))).toEqual(['-old-a']);
  });
});

describe('the history of a DaemonSet', () => {
  const set = daemon();
  const earlier = (count: number): ControllerRevision[] =>
    Array.from({ length: count }, (_, i) => revisionOf(daemon({ template: template({ hostname: `h${i}` }) }), { uid: `e${i}` }, i + 1));
  const there = [daemonPod('x', 'a')];
  const acts = (revisions: ControllerRevision[], of = set, pods = there) =>
    reconcile(seen(of, [node('a')], pods, { revisions }), now).actions.filter(({ do: what }) => what !== 'updateStatus');

  it('begins with the template, as a patch that restores it', () => {
    const [create] = acts([]);
    expect(create).toMatchObject({
      do: 'createRevision',
      revision: { revision: 1, metadata: { name: `d-${current}`, labels: { app: 'a', 'controller-revision-hash': current } } },
    });
    expect(JSON.stringify(templatePatch(set))).toBe(
      '{"spec":{"template":{"$patch":"replace","metadata":{"labels":{"app":"a"}},"spec":{"containers":[]}}}}',
    );
  });

  it('has another name after a collision', () => {
    const again = acts([], daemon({}, { ...zeros, collisionCount: 1 }), []);
    expect(again[0]).toMatchObject({ do: 'createRevision', revision: { metadata: { name: expect.not.stringMatching(current) } } });
  });
  const zeros = { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 };

  it('numbers the next template after the last', () => {
    expect(acts(earlier(2))[0]).toMatchObject({ do: 'createRevision', revision: { revision: 3 } });
  });

  it('makes an old revision that is asked for again the newest', () => {
    expect(acts([revisionOf(set), ...earlier(3)])).toMatchObject([{ do: 'markRevision', number: 4, hash: current }]);
  });

  it('keeps one of two that are the same, and gives its hash to the pods of the other', () => {
    const other = revisionOf(set, { name: 'd-other', uid: 'r-0', labels: { app: 'a', 'controller-revision-hash': 'other' } }, 1);
    const pods = [daemonPod('x', 'a', { hash: 'other' })];
    expect(acts([other, revisionOf(set, {}, 2)], daemon({ updateStrategy: { type: 'OnDelete' } }), pods)).toMatchObject([
      { do: 'relabelPods', pods, hash: current },
      { do: 'deleteRevisions', revisions: [other] },
    ]);
  });

  it('goes by the name where the label was lost', () => {
    expect(acts([revisionOf(set, { labels: { app: 'a' } })], daemon({ updateStrategy: { type: 'OnDelete' } }))).toMatchObject([
      { do: 'markRevision', number: 1, hash: `d-${current}` },
    ]);
  });

  it('forgets the oldest beyond the limit, none of which a pod still is', () => {
    const revisions = [...earlier(4), revisionOf(set, {}, 5)];
    const pods = [daemonPod('x', 'a', { hash: hashOf(revisions[0]!) })];
    const limited = daemon({ revisionHistoryLimit: 2, updateStrategy: { type: 'OnDelete' } });
    expect(acts(revisions, limited, pods)).toEqual([{ do: 'deleteRevisions', revisions: [revisions[1], revisions[2]] }]);
  });

  it('adopts and releases', () => {
    expect(acts([revisionOf(set, { ownerReferences: [] })])).toMatchObject([{ do: 'adopt', what: 'controllerRevisions' }]);
    expect(acts([revisionOf(set), revisionOf(set, { labels: {} })])).toMatchObject([{ do: 'release', what: 'controllerRevisions' }]);
  });
});

describe('the status of a DaemonSet', () => {
  const status = (set: DaemonSet, nodes: Node[], pods: Pod[]) =>
    reconcile(seen(set, nodes, pods), now).actions.flatMap((action) => (action.do === 'updateStatus' ? action.status : []))[0];
  const nodes = [node('a'), node('b'), node('c'), node('d'), node('e', [noSchedule])];
  const pods = [daemonPod('x', 'a'), daemonPod('y', 'b', { hash: 'old' }), daemonPod('z', 'c', { ready: false }), daemonPod('w', 'e')];
  const want = {
    desiredNumberScheduled: 4,
    currentNumberScheduled: 3,
    numberMisscheduled: 1,
    numberReady: 2,
    updatedNumberScheduled: 2,
    numberAvailable: 2,
    numberUnavailable: 2,
    observedGeneration: 2,
  };

  it('counts nodes', () => expect(status(daemon(), nodes, pods)).toEqual(want));
  it('is written when it changes', () => expect(status(daemon({}, want), nodes, pods)).toBeUndefined());
  it('keeps the count of collisions', () =>
    expect(status(daemon({}, { ...want, numberReady: 0, collisionCount: 2 }), nodes, pods)).toEqual({ ...want, collisionCount: 2 }));

  it('tells what is available when it has been ready for long enough', () => {
    const set = daemon({ minReadySeconds: 3601 });
    const plan = reconcile(seen(set, [node('a')], [daemonPod('x', 'a')]), now);
    expect([status(set, [node('a')], [daemonPod('x', 'a')])?.numberAvailable, plan.requeueAfterMs]).toEqual([0, 1_000]);
  });
});
