import type { ControllerRevision, Pod, StatefulSet, StatefulSetSpec } from '#api/types';
import { pod as plainPod, readyPod } from '../testing/small-cluster.ts';
import { historyOf } from './history.ts';
import { type Action, reconcile, type Seen } from './reconcile.ts';

const now = new Date('2026-01-01T01:00:00Z');
const owner = { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'web', uid: 'web-uid', controller: true };

function statefulSet(spec: Partial<StatefulSetSpec> = {}): StatefulSet {
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'web', namespace: 'default', uid: 'web-uid', generation: 1 },
    spec: {
      replicas: 3,
      serviceName: 'nginx',
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'v2' }] } },
      podManagementPolicy: 'OrderedReady',
      ...rolling(),
      ...spec,
    },
  };
}
const rolling = (rollingUpdate: object = {}) => ({
  updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0, ...rollingUpdate } },
});
const parallel = { podManagementPolicy: 'Parallel' };
const onDelete = { updateStrategy: { type: 'OnDelete' } };

const revisionFor = (image: string, revision: number): ControllerRevision => {
  const set = statefulSet({ template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image }] } } });
  return { ...historyOf(set, [], []).update, revision };
};
const [old, fresh] = [revisionFor('v1', 1), revisionFor('v2', 2)];
const nameOf = ({ metadata }: ControllerRevision): string => metadata.name ?? '';

interface State {
  of?: ControllerRevision;
  is?: 'ready' | 'pending' | 'starting' | 'Failed' | 'Succeeded' | 'going';
  readyAt?: string;
  metadata?: object;
}

/** The pod of an ordinal; of the present template and ready unless told otherwise. */
function at(ordinal: number | string, { of = fresh, is = 'ready', readyAt = '00:00', metadata }: State = {}): Pod {
  const name = `web-${ordinal}`;
  const labels = { app: 'web', 'statefulset.kubernetes.io/pod-name': name, 'controller-revision-hash': nameOf(of) };
  const going = is === 'going' && { deletionTimestamp: '2026-01-01T00:59:00Z' };
  const pod = plainPod(name, labels, { uid: name, ownerReferences: [owner], ...going, ...metadata });
  if (is === 'ready' || is === 'going') return readyPod(pod, new Date(`2026-01-01T${readyAt}:00Z`));
  return { ...pod, status: { phase: { pending: 'Pending', starting: 'Running', Failed: 'Failed', Succeeded: 'Succeeded' }[is] } };
}

const seen = (set: StatefulSet, pods: Pod[], more: Partial<Seen> = {}): Seen => ({
  set: { ...set, status: set.status ?? { replicas: 0, currentRevision: nameOf(old), updateRevision: nameOf(fresh) } },
  pods,
  revisions: [old, fresh],
  claims: new Map(),
  ...more,
});

/** What is done to pods, in few words. */
function said(action: Action): string[] {
  switch (action.do) {
    case 'createPods':
      return action.pods.map(({ ordinal, template }) => `+${ordinal} ${template.spec?.containers[0]?.image}`);
    case 'deletePods':
      return action.pods.map(({ metadata }) => `-${metadata.name?.replace('web-', '')}`);
    case 'updateStatus':
      return [];
    default:
      return [action.do];
  }
}
const done = (spec: Partial<StatefulSetSpec>, pods: Pod[]): string[] => reconcile(seen(statefulSet(spec), pods), now).actions.flatMap(said);
const statusOf = (what: Seen) => reconcile(what, now).actions.flatMap((action) => (action.do === 'updateStatus' ? [action.status] : []))[0];

describe('the pods of a StatefulSet', () => {
  it.each<[string, Partial<StatefulSetSpec>, Pod[], string[]]>([
    ['begins with the first', {}, [], ['+0 v2']],
    ['waits for it to run', {}, [at(0, { is: 'pending' })], []],
    ['waits for it to be ready', {}, [at(0, { is: 'starting' })], []],
    ['goes on when it is ready', {}, [at(0)], ['+1 v2']],
    ['goes on when it has been ready for long enough', { minReadySeconds: 60 }, [at(0, { readyAt: '00:59' })], ['+1 v2']],
    ['does not go on before', { minReadySeconds: 7200 }, [at(0)], []],
    ['fills a gap before it goes on', {}, [at(0), at(2)], ['+1 v2']],
    ['waits for what is going', {}, [at(0, { is: 'going' }), at(1), at(2)], []],
    ['replaces what has failed', {}, [at(0, { is: 'Failed' }), at(1), at(2)], ['-0']],
    ['replaces what has succeeded', {}, [at(0), at(1, { is: 'Succeeded' })], ['-1']],
    ['makes all at once in parallel', parallel, [], ['+0 v2', '+1 v2', '+2 v2']],
    ['makes what is missing in parallel', parallel, [at(0, { is: 'pending' }), at(2, { is: 'Failed' })], ['-2', '+1 v2']],
    ['begins where its ordinals do', { ordinals: { start: 5 } }, [at(5)], ['+6 v2']],
    ['moves to other ordinals', { ordinals: { start: 1 }, replicas: 2 }, [at(0), at(1), at(2)], ['-0']],
    ['has none', { replicas: 0 }, [], []],
    ['goes down from the highest, one at a time', { replicas: 1 }, [at(0), at(1), at(2)], ['-2']],
    ['waits for one to be gone before the next', { replicas: 1 }, [at(0), at(1), at(2, { is: 'going' })], []],
    ['does not go down while one that stays is not ready', { replicas: 1 }, [at(0, { is: 'starting' }), at(1), at(2)], []],
    ['takes away the one that is not ready', { replicas: 1 }, [at(0), at(1), at(2, { is: 'starting' })], ['-2']],
    [
      'does not take the next while a lower one is not ready',
      { replicas: 1 },
      [at(0), at(1, { is: 'starting' }), at(2, { is: 'starting' })],
      [],
    ],
    ['goes down all at once in parallel', { ...parallel, replicas: 1 }, [at(0, { is: 'starting' }), at(1), at(2, { is: 'going' })], ['-1']],
    ['counts ordinals, not letters', { replicas: 10 }, [...Array(10).keys(), 10].map((i) => at(i)), ['-10']],
    ['adopts', { replicas: 1 }, [at(0, { metadata: { ownerReferences: [] } })], ['adopt']],
    ['releases', { replicas: 1 }, [at(0), at(1, { metadata: { labels: {} } })], ['release']],
    ['releases what it could not have named', { replicas: 1 }, [at(0), at('x')], ['release']],
    ['leaves strangers alone', { replicas: 1 }, [at(0), at('01', { metadata: { ownerReferences: [] } })], []],
    [
      'gives labels back',
      { replicas: 1 },
      [at(0, { metadata: { labels: { app: 'web', 'controller-revision-hash': nameOf(fresh) } } })],
      ['relabelPod'],
    ],
  ])('%s', (_name, spec, pods, want) => expect(done(spec, pods)).toEqual(want));

  it('looks again when a pod will have been ready for long enough', () => {
    expect(reconcile(seen(statefulSet({ minReadySeconds: 90 }), [at(0, { readyAt: '00:59' })]), now).requeueAfterMs).toBe(30_000);
  });

  it('does nothing once the set goes', () => {
    const set = statefulSet();
    const going = { ...set, metadata: { ...set.metadata, deletionTimestamp: '2026-01-01T00:59:00Z' } };
    expect(reconcile(seen(going, [at(0)]), now).actions.map((action) => action.do)).toEqual(['updateStatus']);
    expect(reconcile(seen(going, [at(0)], { revisions: [] }), now).actions).toEqual([]);
  });
});

describe('the update of a StatefulSet', () => {
  const was = (ordinal: number, more: State = {}): Pod => at(ordinal, { of: old, ...more });
  const all = [was(0), was(1), was(2)];

  it.each<[string, Partial<StatefulSetSpec>, Pod[], string[]]>([
    ['takes the highest first', {}, all, ['-2']],
    ['waits for it to be gone', {}, [was(0), was(1), was(2, { is: 'going' })], []],
    ['makes it anew', {}, [was(0), was(1)], ['+2 v2']],
    ['waits for the new one', {}, [was(0), was(1), at(2, { is: 'starting' })], []],
    ['goes on', {}, [was(0), was(1), at(2)], ['-1']],
    ['stays with a pod that is broken, whatever the template says by now', {}, [was(0), was(1), was(2, { is: 'starting' })], []],
    ['scales before it updates', { replicas: 4 }, all, ['+3 v2']],
    ['stops at the partition', rolling({ partition: 2 }), [was(0), was(1), at(2)], []],
    ['takes those above it', rolling({ partition: 2 }), all, ['-2']],
    ['below it, pods come back as they were', rolling({ partition: 2 }), [was(0), at(2)], ['+1 v1']],
    [
      'counts the partition from the first ordinal',
      { ...rolling({ partition: 2 }), ordinals: { start: 1 } },
      [was(1), was(2), was(3)],
      ['-3'],
    ],
    ['a partition beyond all holds all', rolling({ partition: 9 }), all, []],
    ['takes as many as may be missing', rolling({ maxUnavailable: 2 }), all, ['-2', '-1']],
    ['a percentage is rounded down', rolling({ maxUnavailable: '70%' }), all, ['-2', '-1']],
    ['but is one at least', rolling({ maxUnavailable: '1%' }), all, ['-2']],
    [
      'in parallel counts those that are missing already',
      { ...parallel, ...rolling({ maxUnavailable: 2 }) },
      [was(0), was(1), at(2, { is: 'starting' })],
      ['-1'],
    ],
    ['in parallel takes what does not work first', { ...parallel }, [was(0, { is: 'starting' }), was(1), was(2)], ['-0']],
    ['leaves pods until someone deletes them', onDelete, all, []],
    ['then makes them of the present template', onDelete, [was(0), was(2)], ['+1 v2']],
  ])('%s', (_name, spec, pods, want) => expect(done(spec, pods)).toEqual(want));

  it('is told by the status, and over when all are new and ready', () => {
    expect(statusOf(seen(statefulSet(), [was(0), was(1), at(2)]))).toMatchObject({
      replicas: 3,
      readyReplicas: 3,
      currentReplicas: 2,
      updatedReplicas: 1,
      currentRevision: nameOf(old),
      updateRevision: nameOf(fresh),
    });
    expect(statusOf(seen(statefulSet(), [at(0), at(1), at(2)]))).toMatchObject({
      currentReplicas: 3,
      updatedReplicas: 3,
      currentRevision: nameOf(fresh),
    });
    expect(statusOf(seen(statefulSet(onDelete), [at(0), at(1), at(2)]))?.currentRevision).toBe(nameOf(old));
    expect(statusOf(seen(statefulSet({ minReadySeconds: 7200 }), [at(0), at(1, { is: 'starting' })]))).toMatchObject({
      replicas: 2,
      readyReplicas: 1,
      availableReplicas: 0,
    });
  });
});

describe('the history of a StatefulSet', () => {
  const set = statefulSet();
  const history = (revisions: ControllerRevision[], more: Partial<StatefulSet> = {}, pods: Pod[] = []) =>
    historyOf({ ...set, ...more }, revisions, pods);
  const another = (image: string, revision: number) => revisionFor(image, revision);

  it('a new template gets the next number', () => {
    expect(history([])).toMatchObject({ isNew: true, update: { revision: 1 }, current: { revision: 1 } });
    expect(history([old])).toMatchObject({ isNew: true, update: { revision: 2, metadata: { labels: { app: 'web' } } } });
  });

  it('a template that was there before gets the highest number again', () => {
    expect(history([old, fresh])).toMatchObject({ isNew: false, number: 2, update: { metadata: { name: nameOf(fresh) } } });
    expect(history([fresh, another('v3', 3)])).toMatchObject({ isNew: false, number: 4, update: { metadata: { name: nameOf(fresh) } } });
  });

  it('keeps what pods are of, and as many others as it may', () => {
    const many = [another('a', 3), another('b', 4), another('c', 5)];
    const limited = { spec: { ...set.spec, revisionHistoryLimit: 1 } };
    const surplus = history([fresh, ...many], limited, [at(0, { of: many[0]! })]).surplus;
    expect(surplus.map(nameOf)).toEqual([nameOf(many[1]!)]);
    expect(history([fresh, ...many]).surplus).toEqual([]);
  });

  it('is found under another hash after a collision', () => {
    const collided = { status: { replicas: 0, collisionCount: 1 } };
    expect(nameOf(history([], collided).update)).not.toBe(nameOf(history([]).update));
  });
});
