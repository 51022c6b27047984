import { ApiError } from '#api';
import type { ControllerRevision, StatefulSet, StatefulSetSpec } from '#api/types';
import { runnable } from '#controller-runtime';
import { resources } from '#objects';
import { pod, SmallCluster } from '../testing/small-cluster.ts';
import { statefulSetController } from './controller.ts';

describe('the stateful set controller', () => {
  let cluster: SmallCluster;
  beforeEach(async () => {
    cluster = new SmallCluster();
    await cluster.run(runnable(statefulSetController, cluster.context));
  });
  afterEach(() => cluster.stop());

  const put = async (image: string, generation: number, spec: Partial<StatefulSetSpec> = {}): Promise<void> => {
    cluster.api.put(resources.statefulSets, {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name: 'web', namespace: 'default', uid: 'web-uid', generation },
      spec: {
        replicas: 2,
        serviceName: 'nginx',
        selector: { matchLabels: { app: 'web' } },
        template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image }] } },
        podManagementPolicy: 'OrderedReady',
        updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
        ...spec,
      },
      status: present()?.status,
    } as StatefulSet);
    await cluster.settle();
  };
  const present = () => cluster.api.all<StatefulSet>(resources.statefulSets)[0];
  const revisions = () =>
    cluster.api
      .all<ControllerRevision>(resources.controllerRevisions)
      .map(({ revision, metadata }) => [revision, metadata.name] as const)
      .toSorted(([a], [b]) => a - b);
  const names = () => cluster.pods().map(({ metadata }) => metadata.name);
  const images = () => cluster.pods().map(({ spec }) => spec.containers[0]?.image);
  /** Kubelets do all that there is to do. */
  const turn = async (times: number): Promise<void> => {
    for (let i = 0; i < times; i++) {
      await cluster.finishDeletes();
      await cluster.ready();
    }
  };

  it('makes its pods one after the other, each with a name of its own', async () => {
    await put('v1', 1);
    expect(names()).toEqual(['web-0']);
    expect(cluster.pods()[0]).toMatchObject({
      metadata: {
        labels: {
          app: 'web',
          'statefulset.kubernetes.io/pod-name': 'web-0',
          'apps.kubernetes.io/pod-index': '0',
          'controller-revision-hash': revisions()[0]?.[1],
        },
        ownerReferences: [{ kind: 'StatefulSet', uid: 'web-uid', controller: true }],
      },
      spec: { hostname: 'web-0', subdomain: 'nginx' },
    });
    expect(cluster.pods()[0]?.metadata).not.toHaveProperty('generateName');
    await turn(2);
    expect(names()).toEqual(['web-0', 'web-1']);
    expect(present()?.status).toMatchObject({
      replicas: 2,
      readyReplicas: 2,
      availableReplicas: 2,
      currentReplicas: 2,
      updatedReplicas: 2,
      currentRevision: revisions()[0]?.[1],
      updateRevision: revisions()[0]?.[1],
      collisionCount: 0,
      observedGeneration: 1,
    });
    await cluster.settle(5_000);
    expect(cluster.events()).toContain('SuccessfulCreate: create Pod web-0 in StatefulSet web successful');
  });

  it('rolls from one template to the next, and back to a revision that is there', async () => {
    await put('v1', 1);
    await turn(2);
    const [[, first] = []] = revisions();
    await put('v2', 2);
    expect(cluster.pods().map(({ metadata }) => Boolean(metadata.deletionTimestamp))).toEqual([false, true]);
    expect(present()?.status).toMatchObject({ currentRevision: first, updateRevision: revisions()[1]?.[1], updatedReplicas: 0 });
    await turn(3);
    expect(images()).toEqual(['v2', 'v2']);
    expect(present()?.status).toMatchObject({ currentRevision: revisions()[1]?.[1], updatedReplicas: 2, currentReplicas: 2 });
    await put('v1', 3);
    await turn(3);
    expect(images()).toEqual(['v1', 'v1']);
    expect(revisions().map(([number]) => number)).toEqual([2, 3]);
    expect(revisions()[1]?.[1]).toBe(first);
    await cluster.settle(5_000);
    expect(cluster.events()).toContain('SuccessfulDelete: delete Pod web-1 in StatefulSet web successful');
  });

  it('forgets revisions beyond the limit', async () => {
    for (const version of [1, 2, 3, 4]) {
      await put(`v${version}`, version, { revisionHistoryLimit: 1 });
      await turn(4);
    }
    expect(revisions().map(([number]) => number)).toEqual([3, 4]);
  });

  it('a name that another revision has is not taken again', async () => {
    await put('v1', 1, { replicas: 0 });
    const [taken] = cluster.api.all<ControllerRevision>(resources.controllerRevisions);
    const metadata = { ...taken!.metadata, ownerReferences: [], labels: {} };
    cluster.api.put(resources.controllerRevisions, { ...taken!, metadata, data: {} } as never);
    await cluster.settle(1_000);
    expect(present()?.status?.collisionCount).toBe(1);
    expect(revisions()).toHaveLength(2);
  });

  it('a pod whose labels were taken gets them back', async () => {
    await put('v1', 1, { replicas: 1 });
    await turn(1);
    const [running] = cluster.pods();
    const { 'statefulset.kubernetes.io/pod-name': _lost, ...labels } = running!.metadata.labels!;
    cluster.api.put(resources.pods, { ...running!, metadata: { ...running!.metadata, labels } });
    await cluster.settle(5_000);
    expect(cluster.pods()[0]?.metadata.labels).toMatchObject({ 'statefulset.kubernetes.io/pod-name': 'web-0', app: 'web' });
    expect(cluster.events()).toContain('SuccessfulUpdate: update Pod web-0 in StatefulSet web successful');
  });

  it('adopts the pods of a set that was deleted without them', async () => {
    cluster.api.put(resources.pods, pod('web-0', { app: 'web' }, { uid: 'orphan' }));
    await put('v1', 1, { replicas: 1, updateStrategy: { type: 'OnDelete' } });
    expect(cluster.pods().map(({ metadata }) => [metadata.uid, metadata.ownerReferences?.[0]?.uid])).toEqual([['orphan', 'web-uid']]);
  });

  it('says which pod it could not make', async () => {
    cluster.api.refuse = ({ verb, resource }) =>
      verb === 'create' && resource.resource === 'pods'
        ? new ApiError({ code: 403, reason: 'Forbidden', message: 'exceeded quota' })
        : undefined;
    await put('v1', 1);
    await cluster.settle(5_000);
    expect(cluster.events()).toContain('FailedCreate: create Pod web-0 in StatefulSet web failed error: exceeded quota');
    expect(present()?.status?.replicas).toBe(0);
  });

  describe('with claims', () => {
    const volumeClaimTemplates = [
      { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'data', labels: { own: 'x' } }, spec: {} },
    ];
    const claims = () => cluster.api.all(resources.persistentVolumeClaims);

    it('makes them before the pod that mounts them', async () => {
      await put('v1', 1, { volumeClaimTemplates });
      expect(claims()).toMatchObject([{ metadata: { name: 'data-web-0', namespace: 'default', labels: { own: 'x', app: 'web' } } }]);
      expect(cluster.pods()[0]?.spec.volumes).toEqual([{ name: 'data', persistentVolumeClaim: { claimName: 'data-web-0' } }]);
      cluster.api.removeNow(resources.pods, 'default', 'web-0');
      await cluster.settle(5_000);
      expect(claims()).toHaveLength(1);
      expect(cluster.events()).toContain('SuccessfulCreate: create Claim data-web-0 Pod web-0 in StatefulSet web success');
    });

    it('makes them anew under a pod that waits', async () => {
      await put('v1', 1, { volumeClaimTemplates, replicas: 1 });
      const [waiting] = cluster.pods();
      cluster.api.put(resources.pods, { ...waiting!, status: { phase: 'Pending' } });
      cluster.api.removeNow(resources.persistentVolumeClaims, 'default', 'data-web-0');
      await cluster.settle();
      expect(claims()).toHaveLength(1);
    });

    it('has them go with a pod that goes for good, and the next pod of that name waits for that', async () => {
      const persistentVolumeClaimRetentionPolicy = { whenDeleted: 'Delete', whenScaled: 'Delete' };
      const spec = { volumeClaimTemplates, persistentVolumeClaimRetentionPolicy };
      await put('v1', 1, spec);
      await turn(2);
      await cluster.settle(1_000);
      expect(claims().map(({ metadata }) => metadata.ownerReferences?.[0]?.kind)).toEqual(['StatefulSet', 'StatefulSet']);
      await put('v1', 2, { ...spec, replicas: 1 });
      await cluster.settle(1_000);
      expect(claims().map(({ metadata }) => metadata.ownerReferences?.[0]?.kind)).toEqual(['StatefulSet', 'Pod']);
      await cluster.finishDeletes();
      await put('v1', 3, spec);
      expect(names()).toEqual(['web-0']);
      cluster.api.removeNow(resources.persistentVolumeClaims, 'default', 'data-web-1');
      await cluster.settle(20_000);
      expect(names()).toEqual(['web-0', 'web-1']);
    });

    it('makes no pod without them', async () => {
      const message = 'the server could not find the requested resource';
      cluster.api.refuse = ({ resource }) =>
        resource.resource === 'persistentvolumeclaims' ? new ApiError({ code: 404, reason: 'NotFound', message }) : undefined;
      await put('v1', 1, { volumeClaimTemplates });
      await cluster.settle(5_000);
      expect(names()).toEqual([]);
      expect(cluster.events()).toEqual(
        expect.arrayContaining([
          `FailedCreate: create Claim data-web-0 for Pod web-0 in StatefulSet web failed error: ${message}`,
          `FailedCreate: create Pod web-0 in StatefulSet web failed error: failed to create PVC data-web-0: ${message}`,
        ]),
      );
    });
  });
});
