import type { PersistentVolumeClaim } from '#api/types';
import { serviceUnavailable } from '#api';
import { create, remove, updateStatus } from '#client';
import { resources } from '#objects';
import type { csi } from '#proto';
import { claim as claimOf, volume as volumeOf } from '../testing/claimed.ts';
import { csiClaim, csiRig } from '../testing/csi-rig.ts';
import { pod } from '../testing/pod-builder.ts';
import { fakeVolumeNode } from '../testing/volume-node.ts';
import { expandClaim } from './claim-expansion.ts';
import { persistentVolumeClaim } from './types/persistent-volume-claim.ts';
import type { VolumeRecord } from './volume-record.ts';

const ref = { resource: resources.persistentVolumeClaims, namespace: 'default', name: 'data' };
const pending = { type: 'FileSystemResizePending', status: 'True' };

describe('a claim whose volume has grown', () => {
  const record: VolumeRecord<'local'> = {
    kind: 'local',
    source: { path: '/d', provisioned: true },
    volume: 'pv1',
    pod: { uid: 'uid-a', namespace: 'default', name: 'a' },
    claim: 'data',
    readOnly: false,
    mode: 'Filesystem',
    accessModes: [],
    mountOptions: [],
  };

  async function rig(capacity: string, over: Partial<VolumeRecord<'local'>> = {}) {
    const node = fakeVolumeNode();
    const made = await create(node.api, resources.persistentVolumeClaims, claimOf());
    const other = { type: 'ModifyingVolume', status: 'True' };
    await updateStatus(node.api, resources.persistentVolumeClaims, {
      ...made,
      status: { ...made.status, conditions: [pending, other], allocatedResourceStatuses: { storage: 'NodeResizePending' } },
    });
    await create(node.api, resources.persistentVolumes, volumeOf({ local: { path: '/d' }, capacity: { storage: capacity } }));
    const expand = () => expandClaim({ record: { ...record, ...over }, directory: '/d', pod: pod() }, node);
    return { node, expand, status: async () => (await node.api.get<PersistentVolumeClaim>(ref)).status };
  }

  it('says so, and waits for nothing any more', async () => {
    const { node, expand, status } = await rig('3Gi');
    expect(await expand()).toEqual({ renewAtMs: node.clock.now().getTime() + 60_000 });
    expect(await status()).toMatchObject({
      capacity: { storage: '3Gi' },
      conditions: [{ type: 'ModifyingVolume' }],
      allocatedResourceStatuses: {},
    });
    expect(node.told).toEqual(['FileSystemResizeSuccessful: MountVolume.NodeExpandVolume succeeded for volume "pv1" n1']);
  });

  it.each<[string, string, Partial<VolumeRecord<'local'>>]>([
    ['it is as it was', '1024Mi', {}],
    ['the pod may only read it', '3Gi', { readOnly: true }],
    ['the claim has another one', '3Gi', { volume: 'pv2' }],
  ])('stays as it is when %s', async (_what, capacity, over) => {
    const { expand, status, node } = await rig(capacity, over);
    await expand();
    expect([(await status())!.capacity, node.told]).toEqual([{ storage: '1Gi' }, []]);
  });

  it('may go meanwhile', async () => {
    const { expand, node } = await rig('3Gi');
    await remove(node.api, ref);
    await expect(expand()).resolves.toBeDefined();
    node.api.failing = serviceUnavailable('away');
    await expect(expand()).rejects.toThrow('away');
  });
});

describe('a CSI volume that has grown', () => {
  const rig = csiRig();
  it('is grown by its driver where the driver can, before the claim says so', async () => {
    const made = await rig({ driver: { capabilities: ['STAGE_UNSTAGE_VOLUME', 'EXPAND_VOLUME'] }, object: { attachRequired: false } });
    const a = (await csiClaim(made, { capacity: { storage: '2Gi' } }))();
    await persistentVolumeClaim.setUp(a, made.node);
    const request = made.driver.calls.find(({ method }) => method === 'NodeExpandVolume')!.request as csi.NodeExpandVolumeRequest;
    expect(request).toMatchObject({ volumeId: 'h1', capacityRange: { requiredBytes: BigInt(2 * 2 ** 30) } });
    expect([request.volumePath, request.stagingTargetPath].every((path) => path.startsWith(made.node.csi.paths.seen))).toBe(true);
    expect((await made.node.api.get<PersistentVolumeClaim>(ref)).status!.capacity).toEqual({ storage: '2Gi' });
  });

  it('says why when its driver fails, and the claim stays as it is', async () => {
    const fails = (): never => {
      throw new Error('no room');
    };
    const made = await rig({ driver: { capabilities: ['EXPAND_VOLUME'], acts: { expand: fails } }, object: { attachRequired: false } });
    const a = (await csiClaim(made, { capacity: { storage: '2Gi' } }))();
    await expect(persistentVolumeClaim.setUp(a, made.node)).rejects.toThrow('no room');
    expect(made.node.told).toEqual([
      'VolumeResizeFailed: MountVolume.NodeExpandVolume failed for volume "pv1" : rpc error: code = Internal desc = no room',
    ]);
    expect((await made.node.api.get<PersistentVolumeClaim>(ref)).status!.capacity).toEqual({ storage: '1Gi' });
  });
});
