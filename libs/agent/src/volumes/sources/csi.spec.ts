import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { serviceUnavailable } from '#api';
import type { CSIDriver, PersistentVolume, VolumeAttachment } from '#api/types';
import { create, updateStatus } from '#client';
import type { FakeApi } from '#client/testing';
import { attachmentName, resources } from '#objects';
import type { csi } from '#proto';
import { PrepareError } from '../../pod-steps/errors.ts';
import { csiClaim, csiRig } from '../../testing/csi-rig.ts';
import { pod } from '../../testing/pod-builder.ts';
import { volumesInUse } from '../volume-record.ts';
import { persistentVolumeClaim as plugin } from '../types/persistent-volume-claim.ts';

const unattached: CSIDriver['spec'] = { attachRequired: false };

describe('a CSI volume', () => {
  const rig = csiRig();
  const staging = ['STAGE_UNSTAGE_VOLUME'] as const;
  const requestOf = <T>(driver: { calls: { method: string; request: unknown }[] }, method: string): T =>
    driver.calls.findLast((call) => call.method === method)!.request as T;

  it('is staged once for all pods of a node, published for each, and unstaged after the last', async () => {
    const made = await rig({ driver: { capabilities: [...staging] }, object: unattached });
    const { node, driver, here } = made;
    const use = await csiClaim(made);
    const [a, b] = [use(), use(pod({}, { uid: 'uid-b', name: 'b' }))];
    await plugin.setUp(a, node);
    await plugin.setUp(b, node);
    const { stagingTargetPath, targetPath } = requestOf<csi.NodePublishVolumeRequest>(driver, 'NodePublishVolume');
    const seen = node.csi.paths.seen;
    expect(targetPath).toBe(`${seen}/pods/uid-b/volumes/kubernetes.io~csi/pv1/mount`);
    expect(stagingTargetPath).toMatch(new RegExp(`^${seen}/plugins/kubernetes.io/csi/d.example.com/[0-9a-f]{64}/globalmount$`));
    expect(plugin.boundAt!(b, node)).toBe(here(targetPath));
    expect(volumesInUse(node.rootDir)).toEqual(['kubernetes.io/csi/d.example.com^h1']);
    await plugin.tearDown(a, node);
    expect(driver.methods().at(-1)).toBe('NodeUnpublishVolume');
    await plugin.tearDown(b, node);
    expect(driver.methods().slice(-2)).toEqual(['NodeUnpublishVolume', 'NodeUnstageVolume']);
    expect([existsSync(here(stagingTargetPath)), existsSync(join(node.csi.paths.own, 'pods', 'uid-b'))]).toEqual([false, false]);
  });

  it('is taken away by what is on disk, when its driver is there again', async () => {
    const made = await rig({ object: unattached });
    const { node, driver, forget, register } = made;
    const a = (await csiClaim(made))();
    await plugin.setUp(a, node);
    forget();
    await expect(plugin.tearDown(a, node)).rejects.toThrow(
      'kubernetes.io/csi: mounter.TearDownAt failed to get CSI client: driver name d.example.com not found in the list of registered CSI drivers',
    );
    expect(existsSync(a.recordFile)).toBe(true);
    await register();
    node.api.failing = serviceUnavailable('away');
    await plugin.tearDown(a, node);
    expect(driver.methods()).toEqual(['NodePublishVolume', 'NodeUnpublishVolume']);
    expect(existsSync(a.recordFile)).toBe(false);
  });

  it('waits for its driver', async () => {
    const made = await rig();
    made.forget();
    await expect(plugin.setUp((await csiClaim(made))(), made.node)).rejects.toThrow(
      'kubernetes.io/csi: mounter.SetUpAt failed to get CSI client: driver name d.example.com not found in the list of registered CSI drivers',
    );
  });

  it('says what its driver says', async () => {
    const made = await rig({
      object: unattached,
      driver: {
        acts: {
          publish: () => {
            throw new Error('no such disk');
          },
        },
      },
    });
    await expect(plugin.setUp((await csiClaim(made))(), made.node)).rejects.toThrow('rpc error: code = Internal desc = no such disk');
  });

  describe('that has to be attached', () => {
    const attachment = (status?: VolumeAttachment['status']): VolumeAttachment => ({
      apiVersion: 'storage.k8s.io/v1',
      kind: 'VolumeAttachment',
      metadata: { name: attachmentName('h1', 'd.example.com', 'n1') },
      spec: { attacher: 'd.example.com', nodeName: 'n1', source: { persistentVolumeName: 'pv1' } },
      ...(status && { status }),
    });
    const waits = 'timed out waiting for external-attacher of d.example.com CSI driver to attach volume h1';

    it.each<[string, ((api: FakeApi) => Promise<unknown>) | undefined, string]>([
      ['is not asked for', undefined, waits],
      ['is not done', (api) => create(api, resources.volumeAttachments, attachment()), waits],
      [
        'has failed',
        async (api) => {
          const made = await create(api, resources.volumeAttachments, attachment());
          await updateStatus(api, resources.volumeAttachments, { ...made, status: { attached: false, attachError: { message: 'busy' } } });
        },
        'busy',
      ],
    ])('waits while that %s', async (_what, prepare, why) => {
      const made = await rig();
      await prepare?.(made.node.api);
      const error: unknown = await plugin.setUp((await csiClaim(made))(), made.node).catch((err: unknown) => err);
      expect(error).toBeInstanceOf(PrepareError);
      expect(error).toMatchObject({ retryMs: 500, message: `MountVolume.WaitForAttach failed for volume "pv1" : ${why}` });
      expect(made.driver.methods()).toEqual([]);
    });

    it('is told to its driver’s node part with what the other part has said', async () => {
      const made = await rig({ driver: { capabilities: [...staging] } });
      const object = await create(made.node.api, resources.volumeAttachments, attachment());
      await updateStatus(made.node.api, resources.volumeAttachments, {
        ...object,
        status: { attached: true, attachmentMetadata: { lun: '3' } },
      });
      await plugin.setUp((await csiClaim(made))(), made.node);
      for (const method of ['NodeStageVolume', 'NodePublishVolume'])
        expect(requestOf<csi.NodeStageVolumeRequest>(made.driver, method).publishContext).toEqual({ lun: '3' });
    });
  });

  it('is described to its driver by the volume, the pod and its secrets', async () => {
    const made = await rig({
      driver: { capabilities: [...staging, 'VOLUME_MOUNT_GROUP', 'SINGLE_NODE_MULTI_WRITER'] },
      object: { ...unattached, podInfoOnMount: true, tokenRequests: [{ audience: 'vault' }] },
    });
    const { node, driver } = made;
    for (const name of ['stage', 'publish']) {
      const data = { key: Buffer.from(name).toString('base64') };
      await create(node.api, resources.secrets, { apiVersion: 'v1', kind: 'Secret', metadata: { namespace: 'storage', name }, data });
    }
    const ref = (name: string) => ({ namespace: 'storage', name });
    const use = await csiClaim(made, {
      accessModes: ['ReadWriteOncePod'],
      mountOptions: ['noatime'],
      csi: {
        driver: 'd.example.com',
        volumeHandle: 'h1',
        fsType: 'xfs',
        volumeAttributes: { size: 'big' },
        nodeStageSecretRef: ref('stage'),
        nodePublishSecretRef: ref('publish'),
      },
    });
    await plugin.setUp(use(pod({ serviceAccountName: 'app', securityContext: { fsGroup: 3000 } })), node);
    const capability = {
      accessMode: { mode: 6 }, // SINGLE_NODE_SINGLE_WRITER
      accessType: { $case: 'mount', value: { fsType: 'xfs', mountFlags: ['noatime'], volumeMountGroup: '3000' } },
    };
    expect(requestOf(driver, 'NodeStageVolume')).toMatchObject({
      volumeId: 'h1',
      secrets: { key: 'stage' },
      volumeContext: { size: 'big' },
      volumeCapability: capability,
    });
    expect(requestOf(driver, 'NodePublishVolume')).toMatchObject({
      secrets: { key: 'publish' },
      readonly: false,
      volumeCapability: capability,
      volumeContext: {
        size: 'big',
        'csi.storage.k8s.io/pod.name': 'a',
        'csi.storage.k8s.io/pod.namespace': 'default',
        'csi.storage.k8s.io/pod.uid': 'uid-a',
        'csi.storage.k8s.io/serviceAccount.name': 'app',
        'csi.storage.k8s.io/ephemeral': 'false',
        'csi.storage.k8s.io/serviceAccount.tokens': JSON.stringify({ vault: { token: 't1', expirationTimestamp: '1970-01-01T00:00:02Z' } }),
      },
    });
  });

  it('gets fresh tokens as a secret, and is published again, where its driver wants that', async () => {
    const object = { ...unattached, requiresRepublish: true, tokenRequests: [{ audience: '' }], serviceAccountTokenInSecrets: true };
    const made = await rig({ object });
    const { node, driver } = made;
    const a = (await csiClaim(made))();
    expect(await plugin.setUp(a, node)).toEqual({ renewAtMs: 1_000 });
    node.token.token = 't2';
    node.token.renewAtMs = 1e15;
    expect(await plugin.refresh!(a, node)).toEqual({ renewAtMs: node.clock.now().getTime() + 60_000 });
    const { secrets, volumeContext } = requestOf<csi.NodePublishVolumeRequest>(driver, 'NodePublishVolume');
    expect(JSON.parse(secrets['csi.storage.k8s.io/serviceAccount.tokens']!)).toMatchObject({ '': { token: 't2' } });
    expect(volumeContext).toEqual({});
  });

  // KEP-1682
  it.each<[string | undefined, Partial<PersistentVolume['spec']>, boolean]>([
    [undefined, { csi: { driver: 'd.example.com', volumeHandle: 'h1', fsType: 'ext4' } }, true],
    [undefined, {}, false],
    [undefined, { accessModes: ['ReadWriteMany'], csi: { driver: 'd.example.com', volumeHandle: 'h1', fsType: 'ext4' } }, false],
    ['ReadWriteOnceWithFSType', {}, false],
    ['File', { accessModes: ['ReadWriteMany'] }, true],
    ['None', { csi: { driver: 'd.example.com', volumeHandle: 'h1', fsType: 'ext4' } }, false],
  ])('with the policy %s and %j is given to the pod’s group: %s', async (fsGroupPolicy, spec, given) => {
    if (process.getuid?.() !== 0) return;
    const made = await rig({ object: { ...unattached, ...(fsGroupPolicy && { fsGroupPolicy }) } });
    const a = (await csiClaim(made, spec))(pod({ securityContext: { fsGroup: 3000 } }));
    await plugin.setUp(a, made.node);
    expect(statSync(plugin.boundAt!(a, made.node)).gid).toBe(given ? 3000 : 0);
  });

  it('of blocks is a device, and nothing to mount', async () => {
    const made = await rig({ driver: { capabilities: [...staging] }, object: unattached });
    const { node, driver, here } = made;
    const a = (await csiClaim(made, { volumeMode: 'Block' }))();
    await plugin.setUp(a, node);
    const { targetPath, stagingTargetPath, volumeCapability } = requestOf<csi.NodePublishVolumeRequest>(driver, 'NodePublishVolume');
    expect(volumeCapability?.accessType).toEqual({ $case: 'block', value: {} });
    const devices = `${node.csi.paths.seen}/plugins/kubernetes.io/csi/volumeDevices`;
    expect([targetPath, stagingTargetPath]).toEqual([`${devices}/publish/pv1/uid-a`, `${devices}/staging/pv1`]);
    expect(plugin.device!(a, node)).toBe(here(targetPath));
    expect(() => plugin.boundAt!(a, node)).toThrow('volume v has volumeMode Block, but is specified in volumeMounts');
    await plugin.tearDown(a, node);
    expect(existsSync(here(targetPath))).toBe(false);
  });
});
