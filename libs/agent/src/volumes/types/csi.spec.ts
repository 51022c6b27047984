import { existsSync } from 'node:fs';
import type { CSIDriver } from '#api/types';
import type { csi as csiProto } from '#proto';
import { PodPaths } from '../../pod-paths.ts';
import { csiRig } from '../../testing/csi-rig.ts';
import { pod } from '../../testing/pod-builder.ts';
import { csi } from './csi.ts';

describe('a CSI ephemeral volume', () => {
  const rig = csiRig();
  const volumeOf = (rootDir: string) => {
    const paths = new PodPaths(rootDir, 'uid-a');
    const source = { driver: 'd.example.com', volumeAttributes: { of: 'pod' }, readOnly: true };
    return { pod: pod(), name: 'v', source, directory: paths.volume('v'), recordFile: paths.volumeRecord('v') };
  };

  it('is made and ends with its pod, without being staged or attached', async () => {
    const { node, driver, rootDir } = await rig({
      driver: { capabilities: ['STAGE_UNSTAGE_VOLUME'] },
      object: { volumeLifecycleModes: ['Ephemeral'] },
    });
    const volume = volumeOf(rootDir);
    await csi.setUp(volume, node);
    const request = driver.calls[0]!.request as csiProto.NodePublishVolumeRequest;
    expect(request).toMatchObject({ readonly: true, stagingTargetPath: '', volumeContext: { of: 'pod' } });
    expect(request.volumeId).toMatch(/^csi-[0-9a-f]{64}$/);
    expect(request.targetPath).toMatch(/\/pods\/uid-a\/volumes\/kubernetes\.io~csi\/v\/mount$/);
    expect([csi.isReadOnly!(volume), existsSync(csi.boundAt!(volume, node))]).toEqual([true, true]);
    await csi.tearDown(volume, node);
    expect(driver.methods()).toEqual(['NodePublishVolume', 'NodeUnpublishVolume']);
  });

  it.each<[string, CSIDriver['spec'] | undefined]>([
    ['says nothing', undefined],
    ['serves claims alone', { volumeLifecycleModes: ['Persistent'] }],
  ])('is refused when its driver %s', async (_what, object) => {
    const { node, rootDir } = await rig(object ? { object } : {});
    await expect(csi.setUp(volumeOf(rootDir), node)).rejects.toThrow(
      'kubernetes.io/csi: volume mode "Ephemeral" not supported by driver d.example.com (only supports ["Persistent"])',
    );
  });
});
