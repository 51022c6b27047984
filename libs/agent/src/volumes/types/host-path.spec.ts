import { existsSync, mkdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pluginRig, volumePluginConformance } from '../../conformance/volume-plugin.ts';
import { hostPath } from './host-path.ts';

const under: Parameters<typeof volumePluginConformance<'hostPath'>>[0] = {
  plugin: hostPath,
  source: (dir) => ({ path: join(dir, 'data') }),
};
volumePluginConformance(under);

describe('a hostPath', () => {
  const rig = pluginRig(under);
  const make: Record<string, (path: string) => void> = {
    nothing: () => undefined,
    directory: (path) => mkdirSync(path),
    file: (path) => writeFileSync(path, ''),
    'a link to nothing': (path) => symlinkSync('/nowhere/at/all', path),
  };

  // Kubernetes, "hostPath volume types"
  it.each([
    ['', 'nothing', 'directory'],
    ['', 'file', 'file'],
    ['DirectoryOrCreate', 'nothing', 'directory'],
    ['DirectoryOrCreate', 'file', 'is not a directory'],
    ['Directory', 'directory', 'directory'],
    ['Directory', 'nothing', 'is not a directory'],
    ['Directory', 'a link to nothing', 'is not a directory'],
    ['FileOrCreate', 'nothing', 'file'],
    ['FileOrCreate', 'directory', 'is not a file'],
    ['File', 'file', 'file'],
    ['File', 'nothing', 'is not a file'],
    ['Socket', 'file', 'is not a socket file'],
    ['CharDevice', 'file', 'is not a character device'],
    ['BlockDevice', 'file', 'is not a block device'],
    ['Tape', 'file', 'is not of a known type'],
  ])('of type "%s" where there is %s: %s', async (type, there, want) => {
    const { node, volume, dir } = rig();
    const path = join(dir, 'data');
    make[there]!(path);
    const made = hostPath.setUp({ ...volume, source: { path, type } }, node);
    if (want.startsWith('is not')) return expect(made).rejects.toThrow(`hostPath type check failed: ${path} ${want}`);
    await made;
    expect(statSync(path).isDirectory() ? 'directory' : 'file').toBe(want);
  });

  it('that leads out of what the node sees is refused, then and at each start of a container', async () => {
    const { node, volume } = rig();
    await hostPath.setUp(volume, node);
    node.away.add(volume.source.path);
    await expect(async () => hostPath.setUp(volume, node)).rejects.toThrow('leads out of what the node sees');
    expect(() => hostPath.boundAt!(volume, node)).toThrow('leads out of what the node sees');
  });

  it('that has gone meanwhile is made again', async () => {
    const { node, volume } = rig();
    await hostPath.setUp(volume, node);
    rmSync(volume.source.path, { recursive: true });
    expect(existsSync(hostPath.boundAt!(volume, node))).toBe(true);
  });
});
