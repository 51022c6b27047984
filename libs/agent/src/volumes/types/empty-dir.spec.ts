import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pluginRig, volumePluginConformance } from '../../conformance/volume-plugin.ts';
import { emptyDir } from './empty-dir.ts';

volumePluginConformance({ plugin: emptyDir, source: () => ({}) });
volumePluginConformance({ plugin: emptyDir, source: () => ({ medium: 'Memory' }) });

describe('an emptyDir', () => {
  it.each([
    [undefined, undefined],
    ['Memory', undefined],
    ['HugePages', 'medium HugePages: hugePages storage requested, but there is no resource request for huge pages'],
    ['HugePages-2Mi', 'medium HugePages-2Mi: hugePages storage requested, but there is no resource request for huge pages'],
    ['Floppy', 'unknown storage medium "Floppy"'],
  ])('of medium %s is refused with %s', (medium, says) => expect(emptyDir.refusal!({ medium })).toBe(says));

  const rig = pluginRig({ plugin: emptyDir, source: () => ({ medium: 'Memory' }) });
  const limited = { resources: { limits: { memory: '64Mi' } } };

  // KEP-1967
  it.each([
    { name: 'what the node gives', spec: {}, sizeLimit: undefined, want: 4e9 },
    { name: 'what it asks for', spec: {}, sizeLimit: '1Mi', want: 2 ** 20 },
    { name: 'what the pod may use', spec: limited, sizeLimit: undefined, want: 64 * 2 ** 20 },
    { name: 'no more than the pod may use', spec: limited, sizeLimit: '1Gi', want: 64 * 2 ** 20 },
  ])('in memory has $name', async ({ spec, sizeLimit, want }) => {
    const { node, volume } = rig();
    const [container] = volume.pod.spec.containers;
    const pod = { ...volume.pod, spec: { ...volume.pod.spec, containers: [{ ...container!, ...spec }] } };
    await emptyDir.setUp({ ...volume, pod, source: { medium: 'Memory', sizeLimit } }, node);
    expect(node.mounted.get(volume.directory)).toMatchObject({ sizeBytes: want });
  });

  it('can be written by everybody, and belongs to the group that the pod wants', async () => {
    const { node, volume } = rig();
    await emptyDir.setUp({ ...volume, source: {} }, node);
    expect(statSync(volume.directory).mode & 0o7777).toBe(0o777);
    if (process.getuid?.() !== 0) return;
    const pod = { ...volume.pod, spec: { ...volume.pod.spec, securityContext: { fsGroup: 3000 } } };
    await emptyDir.setUp({ ...volume, pod, source: {} }, node);
    const { gid, mode } = statSync(volume.directory);
    expect([gid, mode & 0o7777]).toEqual([3000, 0o2777]);
  });

  it('goes with what was mounted inside', async () => {
    const { node, volume } = rig();
    await emptyDir.setUp(volume, node);
    const inner = join(volume.directory, 'inner');
    mkdirSync(inner);
    node.mounted.set(inner, { mode: 0o755 });
    await emptyDir.tearDown(volume, node);
    expect([...node.mounted]).toEqual([]);
  });
});
