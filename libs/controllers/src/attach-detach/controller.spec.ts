import type { Node, VolumeAttachment } from '#api/types';
import { remove } from '#client';
import { runnable } from '#controller-runtime';
import { attachmentName, resources } from '#objects';
import { node, pod, SmallCluster } from '../testing/small-cluster.ts';
import { attachDetachController } from './controller.ts';

let cluster: SmallCluster;
beforeEach(async () => {
  cluster = new SmallCluster();
  cluster.api.put(resources.nodes, node('n1'));
  await cluster.run(runnable(attachDetachController, cluster.context));
});
afterEach(() => cluster.stop());
const attachments = (): VolumeAttachment[] => cluster.api.all<VolumeAttachment>(resources.volumeAttachments);
const place = (claimName = 'data'): void => {
  const placed = pod('p');
  const volumes = [{ name: 'v', persistentVolumeClaim: { claimName } }];
  cluster.api.put(resources.pods, { ...placed, spec: { ...placed.spec, nodeName: 'n1', volumes } });
};
const publish = (): void => {
  const metadata = { name: 'data', namespace: 'default', uid: 'u1' };
  cluster.api.put(resources.persistentVolumes, {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: 'pv' },
    spec: { csi: { driver: 'd', volumeHandle: 'h' }, claimRef: { name: 'data', namespace: 'default', uid: 'u1' } },
  } as never);
  cluster.api.put(resources.persistentVolumeClaims, {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata,
    spec: { volumeName: 'pv' },
  } as never);
};

it('attaches what a pod has, reports it, and detaches it after the pod', async () => {
  place();
  await cluster.settle();
  expect(attachments()).toEqual([]);
  publish();
  await cluster.settle();
  const name = attachmentName('h', 'd', 'n1');
  expect(attachments().map(({ metadata, spec }) => [metadata.name, spec])).toEqual([
    [name, { attacher: 'd', nodeName: 'n1', source: { persistentVolumeName: 'pv' } }],
  ]);
  const [made] = attachments();
  cluster.api.put(resources.volumeAttachments, { ...made!, status: { attached: true } });
  await cluster.settle();
  const [reported] = cluster.api.all<Node>(resources.nodes);
  expect(reported!.status!.volumesAttached).toEqual([{ name: 'kubernetes.io/csi/d^h', devicePath: name }]);
  await remove(cluster.api, { resource: resources.pods, namespace: 'default', name: 'p' }, { gracePeriodSeconds: 0 });
  await cluster.settle();
  expect(attachments()).toEqual([]);
});

it('attaches nothing of a driver that says that it needs not', async () => {
  cluster.api.put(resources.csiDrivers, {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'CSIDriver',
    metadata: { name: 'd' },
    spec: { attachRequired: false },
  } as never);
  publish();
  place();
  await cluster.settle();
  expect(attachments()).toEqual([]);
});
