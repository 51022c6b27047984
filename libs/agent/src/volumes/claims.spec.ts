import type { PersistentVolume, PersistentVolumeClaim } from '#api/types';
import { remove } from '#client';
import { resources } from '#objects';
import { PrepareError } from '../pod-steps/errors.ts';
import { claim, publish, volume } from '../testing/claimed.ts';
import { pod } from '../testing/pod-builder.ts';
import { fakeVolumeNode } from '../testing/volume-node.ts';
import { claimedVolume } from './claims.ts';

const local = (spec: PersistentVolume['spec'] = {}, metadata = {}) => volume({ local: { path: '/d' }, ...spec }, metadata);
const [container] = pod().spec.containers;

describe('a pod waits for its claim', () => {
  it.each<[string, PersistentVolumeClaim, PersistentVolume, string]>([
    [
      'is not there',
      claim({ metadata: { name: 'other' } }),
      local(),
      'error processing PVC default/data: failed to fetch PVC from API server: persistentvolumeclaims "data" not found',
    ],
    ['is not bound', claim({ status: { phase: 'Pending' } }), local(), 'error processing PVC default/data: PVC is not bound'],
    ['has lost its volume', claim({ status: { phase: 'Lost' } }), local(), 'error processing PVC default/data: PVC is not bound'],
    [
      'is being deleted',
      claim({ metadata: { name: 'data', namespace: 'default', finalizers: ['x/y'] } }),
      local(),
      'error processing PVC default/data: PVC is being deleted',
    ],
    [
      'names no volume',
      claim({ spec: { volumeName: '' } }),
      local(),
      'error processing PVC default/data: PVC has empty pvc.Spec.VolumeName',
    ],
    [
      'names a volume that is not there',
      claim({ spec: { volumeName: 'pv2' } }),
      local(),
      'failed to fetch PV pv2 from API server: persistentvolumes "pv2" not found',
    ],
    [
      'names a volume of nobody',
      claim(),
      local({ claimRef: undefined }),
      'found PV object pv1 but it has a nil pv.Spec.ClaimRef indicating it is not yet bound to the claim',
    ],
    [
      'names a volume of another',
      claim(),
      local({ claimRef: { uid: 'u2' } }),
      'found PV object pv1 but its pv.Spec.ClaimRef.UID u2 does not point to claim.UID uid-2',
    ],
    [
      'is of blocks, and shall be mounted',
      claim(),
      local({ volumeMode: 'Block' }),
      'volume v has volumeMode Block, but is specified in volumeMounts',
    ],
  ])('that %s', async (_what, claimObject, volumeObject, says) => {
    const node = fakeVolumeNode();
    await publish(node.api, volumeObject, claimObject);
    if (claimObject.metadata.finalizers)
      await remove(node.api, { resource: resources.persistentVolumeClaims, namespace: 'default', name: 'data' });
    const mounting = pod({ containers: [{ ...container!, volumeMounts: [{ name: 'v', mountPath: '/d' }] }] });
    const failing = claimedVolume({ pod: mounting, name: 'v', claimName: 'data', readOnly: false, isEphemeral: false }, node);
    const error: unknown = await failing.catch((err: unknown) => err);
    expect(error).toBeInstanceOf(PrepareError);
    expect(error).toMatchObject({
      reason: 'FailedMount',
      message: `Unable to attach or mount volumes: unmounted volumes=[v], unattached volumes=[], failed to process volumes=[v]: ${says}`,
    });
  });

  it('and has its volume when it is bound', async () => {
    const node = fakeVolumeNode();
    await publish(node.api, local({ mountOptions: ['noatime'] }));
    const got = await claimedVolume({ pod: pod(), name: 'v', claimName: 'data', readOnly: false, isEphemeral: false }, node);
    expect(got).toEqual({
      kind: 'local',
      source: { path: '/d', provisioned: false },
      volume: 'pv1',
      pod: { uid: 'uid-a', namespace: 'default', name: 'a' },
      claim: 'data',
      readOnly: false,
      mode: 'Filesystem',
      accessModes: ['ReadWriteOnce'],
      mountOptions: ['noatime'],
    });
  });
});
