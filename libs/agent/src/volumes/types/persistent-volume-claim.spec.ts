import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pluginRig, volumePluginConformance } from '../../conformance/volume-plugin.ts';
import { provisioned, publish, volume } from '../../testing/claimed.ts';
import { persistentVolumeClaim } from './persistent-volume-claim.ts';

const under: Parameters<typeof volumePluginConformance<'persistentVolumeClaim'>>[0] = {
  plugin: persistentVolumeClaim,
  source: () => ({ claimName: 'data' }),
  before: (node, dir) => void publish(node.api, provisioned(join(dir, 'local-volumes', 'pv1'))),
};
volumePluginConformance(under);
volumePluginConformance({ ...under, before: (node, dir) => void publish(node.api, volume({ hostPath: { path: dir } })) });

describe('a claim of the built-in storage', () => {
  const rig = pluginRig(under);

  it('gets a directory where anybody may write, which stays when the pod is gone, also by what is on disk alone', async () => {
    const { node, dir, volume: mine } = rig();
    await persistentVolumeClaim.setUp(mine, node);
    const directory = join(dir, 'local-volumes', 'pv1');
    expect(statSync(directory).mode & 0o7777).toBe(0o777);
    writeFileSync(join(directory, 'kept'), '');
    await persistentVolumeClaim.tearDown(mine, node);
    await persistentVolumeClaim.setUp(mine, node);
    expect(existsSync(join(directory, 'kept'))).toBe(true);
  });

  it('is given to the group that the pod wants, unless another pod has it', async () => {
    if (process.getuid?.() !== 0) return;
    const { node, dir, volume: mine } = rig();
    const wants = (fsGroup: number) => ({ ...mine, pod: { ...mine.pod, spec: { ...mine.pod.spec, securityContext: { fsGroup } } } });
    await persistentVolumeClaim.setUp(wants(3000), node);
    const directory = join(dir, 'local-volumes', 'pv1');
    // The test's mounts are none: what is bound is the place itself.
    expect(statSync(mine.directory)).toMatchObject({ gid: 3000 });
    mkdirSync(join(dir, 'pods', 'uid-b', 'volume-records'), { recursive: true });
    const other = { kind: 'local', volume: 'pv1', pod: { uid: 'uid-b' } };
    writeFileSync(join(dir, 'pods', 'uid-b', 'volume-records', 'v.json'), JSON.stringify(other));
    await persistentVolumeClaim.setUp(wants(4000), node);
    expect(statSync(mine.directory)).toMatchObject({ gid: 3000 });
    expect(existsSync(directory)).toBe(true);
  });
});

describe('a claim', () => {
  it.each([
    ['a directory that is not there', { local: { path: '/nowhere/at/all' } }, 'path "/nowhere/at/all" does not exist'],
    ['a hostPath of another type', { hostPath: { path: '/etc/passwd', type: 'Directory' } }, '/etc/passwd is not a directory'],
    ['what no node serves', { flocker: { datasetName: 'd' } }, 'no volume plugin matched'],
    ['files that shall be a device', { volumeMode: 'Block', hostPath: { path: '/' } }, 'hostPath does not support block volumes'],
  ])('of %s is told of', async (_what, spec, says) => {
    const { node, volume: mine } = rigOf(spec);
    await expect(persistentVolumeClaim.setUp(mine, node)).rejects.toThrow(says);
    await persistentVolumeClaim.tearDown(mine, node);
    expect([existsSync(mine.directory), existsSync(mine.recordFile)]).toEqual([false, false]);
  });

  let spec: Parameters<typeof volume>[0];
  const rig = pluginRig({ ...under, before: (node) => void publish(node.api, volume(spec)) });
  const rigOf = (given: typeof spec) => {
    spec = given;
    return rig();
  };

  it.each([
    ['that may be read only anywhere', { accessModes: ['ReadOnlyMany'] }, false, true],
    ['that the pod will only read', { accessModes: ['ReadWriteOnce'] }, true, true],
    ['of one writer', { accessModes: ['ReadWriteOnce'] }, false, false],
    ['of writers and readers', { accessModes: ['ReadOnlyMany', 'ReadWriteMany'] }, false, false],
  ])('%s is written to or not', async (_what, access, readOnly, want) => {
    const { node, volume: mine } = rigOf({ ...access, hostPath: { path: '/tmp' } });
    await persistentVolumeClaim.setUp({ ...mine, source: { claimName: 'data', readOnly } }, node);
    expect(persistentVolumeClaim.isReadOnly!(mine)).toBe(want);
    await persistentVolumeClaim.tearDown(mine, node);
  });
});
