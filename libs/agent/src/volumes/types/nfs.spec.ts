import { pluginRig, volumePluginConformance } from '../../conformance/volume-plugin.ts';
import { publish, volume as volumeObject } from '../../testing/claimed.ts';
import { fakePrograms } from '../../testing/programs.ts';
import { nfs } from './nfs.ts';
import { persistentVolumeClaim } from './persistent-volume-claim.ts';

const under: Parameters<typeof volumePluginConformance<'nfs'>>[0] = {
  plugin: nfs,
  source: () => ({ server: 'files.example', path: '/share' }),
};

describe('where mount.nfs is installed', () => {
  const ran = fakePrograms({ 'mount.nfs': '' });
  volumePluginConformance(under);

  const rig = pluginRig(under);
  it.each([
    ['files.example', false, 'files.example:/share'],
    ['10.0.0.9', true, '10.0.0.9:/share'],
    ['fd00::9', false, '[fd00::9]:/share'],
  ])('the share of %s is mounted', async (server, readOnly, from) => {
    const { node, volume } = rig();
    await nfs.setUp({ ...volume, source: { server, path: '/share', readOnly } }, node);
    expect(ran()).toEqual([`mount.nfs ${from} ${volume.directory}${readOnly ? ' -o ro' : ''}`]);
    expect(nfs.isReadOnly!(volume)).toBe(readOnly);
  });

  const claimed = pluginRig({
    plugin: persistentVolumeClaim,
    source: () => ({ claimName: 'data' }),
    before: (node) => {
      const spec = { nfs: { server: 'files.example', path: '/' }, mountOptions: ['hard', 'nfsvers=4.1'], accessModes: ['ReadOnlyMany'] };
      void publish(node.api, volumeObject(spec));
    },
  });
  it('a volume of a claim is mounted with its options', async () => {
    const { node, volume } = claimed();
    await persistentVolumeClaim.setUp(volume, node);
    expect(ran()).toEqual([`mount.nfs files.example:/ ${volume.directory} -o ro,hard,nfsvers=4.1`]);
  });

  it('a server is no option of the program', async () => {
    const { node, volume } = rig();
    await expect(nfs.setUp({ ...volume, source: { server: '-overs=3', path: '/' } }, node)).rejects.toThrow('is no server');
    expect(ran()).toEqual([]);
  });
});

describe('where mount.nfs', () => {
  const rig = pluginRig(under);
  const path = process.env['PATH'];
  afterEach(() => {
    process.env['PATH'] = path;
  });

  it('is not installed, the pod is told what to install', async () => {
    process.env['PATH'] = '/nowhere';
    const { node, volume } = rig();
    await expect(nfs.setUp(volume, node)).rejects.toThrow(
      'MountVolume.SetUp failed for volume "v" : executable file not found: "mount.nfs" is not installed on the node, install nfs-common',
    );
  });

  describe('fails', () => {
    fakePrograms({ 'mount.nfs': 'echo "mount.nfs: Connection refused" >&2; exit 32' });
    it('the pod is told what it said', async () => {
      const { node, volume } = rig();
      await expect(nfs.setUp(volume, node)).rejects.toThrow(
        'MountVolume.SetUp failed for volume "v" : mount.nfs failed: exit status 32: mount.nfs: Connection refused',
      );
    });
  });
});
