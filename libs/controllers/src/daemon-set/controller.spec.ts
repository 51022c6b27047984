import type { ControllerRevision, DaemonSet, DaemonSetSpec, Taint } from '#api/types';
import { runnable } from '#controller-runtime';
import { resources } from '#objects';
import { node, pod, SmallCluster } from '../testing/small-cluster.ts';
import { daemonSetController } from './controller.ts';

const generation = 'deprecated.daemonset.template.generation';

describe('the daemon set controller', () => {
  let cluster: SmallCluster;
  beforeEach(async () => {
    cluster = new SmallCluster();
    cluster.api.put(resources.nodes, node('a'));
    cluster.api.put(resources.nodes, node('b'));
    await cluster.run(runnable(daemonSetController(), cluster.context));
  });
  afterEach(() => cluster.stop());

  const put = async (image: string, of: number, spec: Partial<DaemonSetSpec> = {}): Promise<void> => {
    cluster.api.put(resources.daemonSets, {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { name: 'd', namespace: 'default', uid: 'd-1', generation: of, annotations: { [generation]: String(of) } },
      spec: {
        selector: { matchLabels: { app: 'a' } },
        template: { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'c', image }] } },
        updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
        ...spec,
      },
      status: present()?.status,
    } as DaemonSet);
    await cluster.settle();
  };
  const present = () => cluster.api.all<DaemonSet>(resources.daemonSets)[0];
  const revisions = () => cluster.api.all<ControllerRevision>(resources.controllerRevisions);
  /** The scheduler puts pods where they are meant to be, and they become ready. */
  const schedule = async (): Promise<void> => {
    for (const waiting of cluster.pods().filter(({ spec }) => !spec.nodeName)) {
      const term = waiting.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms[0];
      const nodeName = term?.matchFields?.[0]?.values?.[0] ?? '';
      cluster.api.put(resources.pods, { ...waiting, spec: { ...waiting.spec, nodeName } });
    }
    await cluster.ready();
  };
  const places = () =>
    cluster
      .pods()
      .map(({ spec }) => spec.nodeName ?? '')
      .toSorted((a, b) => a.localeCompare(b));
  const taint = async (name: string, taints: Taint[]): Promise<void> => {
    cluster.api.put(resources.nodes, { ...node(name), spec: { taints } });
    await cluster.settle();
  };

  it('has one pod on each node, which come and go', async () => {
    await put('v1', 1);
    await schedule();
    expect(places()).toEqual(['a', 'b']);
    expect(cluster.pods()[0]).toMatchObject({
      metadata: {
        generateName: 'd-',
        labels: {
          app: 'a',
          'pod-template-generation': '1',
          'controller-revision-hash': revisions()[0]?.metadata.labels?.['controller-revision-hash'],
        },
        ownerReferences: [{ kind: 'DaemonSet', uid: 'd-1', controller: true }],
      },
      spec: { tolerations: expect.arrayContaining([{ key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' }]) },
    });
    expect(present()?.status).toMatchObject({ desiredNumberScheduled: 2, numberAvailable: 2, numberUnavailable: 0, observedGeneration: 1 });
    cluster.api.put(resources.nodes, node('c'));
    await cluster.settle();
    await schedule();
    expect(places()).toEqual(['a', 'b', 'c']);
    await taint('c', [{ key: 'k', effect: 'NoExecute' }]);
    await cluster.finishDeletes();
    expect(places()).toEqual(['a', 'b']);
    cluster.api.removeNow(resources.nodes, '', 'c');
    await cluster.settle();
    expect(present()?.status?.desiredNumberScheduled).toBe(2);
    await cluster.settle(5_000);
    expect(cluster.events()).toContainEqual(expect.stringMatching(/^SuccessfulCreate: Created pod: d-/));
    expect(cluster.events()).toContainEqual(expect.stringMatching(/^SuccessfulDelete: Deleted pod: d-/));
  });

  it('rolls from one template to the next, and back', async () => {
    await put('v1', 1);
    await schedule();
    await put('v2', 2);
    expect(cluster.pods().filter(({ metadata }) => metadata.deletionTimestamp)).toHaveLength(1);
    for (let round = 0; round < 2; round++) {
      await cluster.finishDeletes();
      await schedule();
    }
    expect(cluster.pods().map(({ spec }) => spec.containers[0]?.image)).toEqual(['v2', 'v2']);
    expect(present()?.status).toMatchObject({ updatedNumberScheduled: 2, numberAvailable: 2 });
    await put('v1', 3);
    expect(
      revisions()
        .map(({ revision }) => revision)
        .toSorted((a, b) => a - b),
    ).toEqual([2, 3]);
  });

  it('a name that another revision has is not taken again', async () => {
    await put('v1', 1);
    const [taken] = revisions();
    cluster.api.put(resources.controllerRevisions, {
      ...taken!,
      metadata: { ...taken!.metadata, ownerReferences: [], labels: {} },
      data: {},
    } as never);
    await cluster.settle(1_000);
    expect(present()?.status?.collisionCount).toBe(1);
    expect(revisions()).toHaveLength(2);
  });

  it('a daemon that fails is replaced, more and more slowly', async () => {
    cluster.api.removeNow(resources.nodes, '', 'b');
    await cluster.settle();
    await put('v1', 1);
    const fail = async (): Promise<string> => {
      await schedule();
      const [running] = cluster.pods();
      cluster.api.put(resources.pods, { ...running!, status: { phase: 'Failed' } });
      await cluster.settle();
      return running!.metadata.name ?? '';
    };
    const isThere = (name: string) => cluster.pods().some(({ metadata }) => metadata.name === name);
    expect(isThere(await fail())).toBe(false);
    const second = await fail();
    expect(isThere(second)).toBe(true);
    await cluster.settle(1_000);
    expect(isThere(second)).toBe(false);
    const third = await fail();
    await cluster.settle(1_000);
    expect(isThere(third)).toBe(true);
    await cluster.settle(5_000);
    expect(isThere(third)).toBe(false);
    expect(cluster.events()).toContainEqual(
      expect.stringMatching(/^FailedDaemonPod: Found failed daemon pod default\/d-\S+ on node a, will try to kill it$/),
    );
  });

  it('adopts a pod that it chooses', async () => {
    const orphan = pod('orphan', { app: 'a' }, { uid: 'orphan' });
    cluster.api.put(resources.pods, { ...orphan, spec: { ...orphan.spec, nodeName: 'a' } });
    await put('v1', 1, { updateStrategy: { type: 'OnDelete' } });
    await schedule();
    expect(places()).toEqual(['a', 'b']);
    expect(cluster.pods().find(({ metadata }) => metadata.name === 'orphan')?.metadata.ownerReferences).toMatchObject([{ uid: 'd-1' }]);
    expect(present()?.status).toMatchObject({ currentNumberScheduled: 2, updatedNumberScheduled: 1 });
  });

  it('is looked at when a node changes what decides, not each time that one says it is well', async () => {
    await put('v1', 1);
    const adds = async () => (await cluster.registry.metrics()).split('\n').find((line) => line.startsWith('workqueue_adds_total'));
    const before = await adds();
    cluster.api.put(resources.nodes, node('a', 'False'));
    await cluster.settle();
    expect(await adds()).toBe(before);
    await taint('a', [{ key: 'k', effect: 'NoSchedule' }]);
    expect(await adds()).not.toBe(before);
  });
});
