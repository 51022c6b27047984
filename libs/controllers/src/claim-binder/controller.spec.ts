import type { PersistentVolume, PersistentVolumeClaim } from '#api/types';
import { runnable } from '#controller-runtime';
import { resources, storageNames } from '#objects';
import { ephemeralVolumeController } from '../ephemeral-volume/controller.ts';
import { pvProtectionController } from '../pv-protection/controller.ts';
import { pvcProtectionController } from '../pvc-protection/controller.ts';
import { pod, SmallCluster } from '../testing/small-cluster.ts';
import { claim, localClass, nodeWithStorage, storageClass, volume } from '../testing/volumes.ts';
import { volumeBinder } from '../volume-binder/controller.ts';
import { volumeExpandController } from '../volume-expand/controller.ts';
import { claimBinder } from './controller.ts';

const { persistentVolumeClaims, persistentVolumes, storageClasses, nodes, pods } = resources;

describe('claims and volumes in a cluster', () => {
  let cluster: SmallCluster;
  beforeEach(async () => {
    cluster = new SmallCluster();
    cluster.api.put(storageClasses, localClass);
    cluster.api.put(nodes, nodeWithStorage('n1'));
    const { context } = cluster;
    await cluster.run(
      runnable(claimBinder, context),
      runnable(volumeBinder, context),
      runnable(pvProtectionController, context),
      runnable(pvcProtectionController, context),
      runnable(ephemeralVolumeController, context),
      runnable(volumeExpandController, context),
    );
  });
  afterEach(() => cluster.stop());

  const claims = (): PersistentVolumeClaim[] => cluster.api.all<PersistentVolumeClaim>(persistentVolumeClaims);
  const volumes = (): PersistentVolume[] => cluster.api.all<PersistentVolume>(persistentVolumes);
  const phases = (): Record<string, string | undefined> =>
    Object.fromEntries([...claims(), ...volumes()].map(({ metadata, status }) => [metadata.name ?? '', status?.phase]));
  const remove = async (resource: typeof nodes, name: string, namespace?: string): Promise<void> => {
    await cluster.api.writeMany([{ verb: 'delete', resource, namespace, name }]);
    await cluster.settle();
  };

  it('come together whichever is there first, and a claim that goes leaves its data', async () => {
    cluster.api.put(persistentVolumes, volume('early', {}, { status: {} }));
    cluster.api.put(persistentVolumeClaims, claim('a'));
    cluster.api.put(persistentVolumeClaims, claim('b'));
    await cluster.settle();
    cluster.api.put(persistentVolumes, volume('late', {}, { status: {} }));
    await cluster.settle();
    expect(phases()).toEqual({ a: 'Bound', b: 'Bound', early: 'Bound', late: 'Bound' });
    expect(new Set(claims().map(({ spec }) => spec.volumeName))).toEqual(new Set(['early', 'late']));
    await remove(persistentVolumes, 'early');
    expect(phases()).toMatchObject({ early: 'Bound' });
    const holder = claims().find(({ spec }) => spec.volumeName === 'early')!.metadata.name!;
    await remove(persistentVolumeClaims, holder, 'default');
    expect(Object.keys(phases())).not.toContain('early');
  });

  it('a directory is made where the scheduler puts the pod, grows, and goes with its claim once no pod uses it', async () => {
    cluster.api.put(persistentVolumeClaims, claim('c', { storageClassName: 'local' }));
    await cluster.settle();
    expect(phases()).toEqual({ c: 'Pending' });
    const change = async (patch: object, subresource?: string): Promise<void> => {
      const patchType = 'application/merge-patch+json';
      const [result] = await cluster.api.writeMany([
        { verb: 'patch', resource: persistentVolumeClaims, subresource, namespace: 'default', name: 'c', patchType, patch },
      ]);
      expect(result).toMatchObject({ ok: true });
      await cluster.settle();
    };
    await change({ metadata: { annotations: { [storageNames.selectedNode]: 'n1' } } });
    expect(phases()).toEqual({ c: 'Bound', 'pvc-c': 'Bound' });
    await change({ spec: { resources: { requests: { storage: '2Gi' } } } });
    expect(volumes()[0]!.spec.capacity).toEqual({ storage: '2Gi' });
    expect(claims()[0]!.status).toMatchObject({ capacity: { storage: '1Gi' }, conditions: [{ type: 'FileSystemResizePending' }] });

    const user = pod('p');
    const spec = { ...user.spec, nodeName: 'n1', volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }] };
    cluster.api.put(pods, { ...user, spec });
    await cluster.settle();
    await remove(persistentVolumeClaims, 'c', 'default');
    expect(phases()).toEqual({ c: 'Bound', 'pvc-c': 'Bound' });
    cluster.api.removeNow(pods, 'default', 'p');
    await cluster.settle();
    // Its node has still to take the directory away.
    expect(phases()).toEqual({ 'pvc-c': 'Released' });
    expect(volumes()[0]!.metadata).toMatchObject({
      deletionTimestamp: expect.any(String) as string,
      finalizers: ['local.storage.berth.io/directory'],
    });
    await remove(nodes, 'n1');
    expect(phases()).toEqual({});
  });

  it('a class that becomes the default serves the claims that wait for one', async () => {
    cluster.api.put(persistentVolumeClaims, claim('c', { storageClassName: undefined }));
    await cluster.settle();
    const annotations = { 'storageclass.kubernetes.io/is-default-class': 'true' };
    cluster.api.put(storageClasses, storageClass('fast', { metadata: { name: 'fast', annotations } }));
    await cluster.settle();
    expect(claims()[0]!.spec.storageClassName).toBe('fast');
    expect(cluster.events().at(-1)).toMatch(/^ExternalProvisioning: Waiting for a volume to be created/);
  });

  it('a pod with an ephemeral volume has a claim while it is there', async () => {
    const user = pod('p', {}, { uid: 'p' });
    cluster.api.put(pods, {
      ...user,
      spec: { ...user.spec, volumes: [{ name: 'v', ephemeral: { volumeClaimTemplate: { spec: claim('x').spec } } }] },
    });
    await cluster.settle();
    expect(claims().map(({ metadata }) => metadata.name)).toEqual(['p-v']);
  });
});
