import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PodSpec } from '#api/types';
import { pod as podOf } from '../testing/pod-builder.ts';
import { fakeVolumeNode } from '../testing/volume-node.ts';
import type { PodVolume, VolumePlugin, VolumeSource, VolumeType } from '../volumes/volume-plugin.ts';

type FakeNode = ReturnType<typeof fakeVolumeNode>;

export interface PluginUnderTest<T extends VolumeType> {
  plugin: VolumePlugin<T>;
  /** A source that the plugin serves; `dir` is a directory of the node beside the pod's. */
  source: (dir: string) => VolumeSource<T>;
  spec?: Partial<PodSpec>;
  /** Puts there what the source names. */
  before?: (node: FakeNode, dir: string) => void;
  /** For types that follow the API: changes that, and takes it away. */
  follows?: { change: (node: FakeNode) => void; lose?: (node: FakeNode) => void };
}

export interface PluginRig<T extends VolumeType> {
  node: FakeNode;
  dir: string;
  volume: PodVolume<T>;
  /** Path below the volume → content. */
  files: () => Record<string, string>;
}

/** A pod with one volume on an empty node. Removed after each test. */
export function pluginRig<T extends VolumeType>({ plugin, source, spec, before }: PluginUnderTest<T>): () => PluginRig<T> {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), `volume-${plugin.type}-`));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));
  return () => {
    const dir = join(root, 'node');
    mkdirSync(dir);
    const node = fakeVolumeNode({ rootDir: dir });
    before?.(node, dir);
    const directory = join(root, 'pod', 'volumes', 'v');
    const volume: PodVolume<T> = {
      pod: podOf(spec, { labels: { app: 'a' } }),
      name: 'v',
      source: source(dir),
      directory,
      recordFile: join(root, 'pod', 'v.json'),
    };
    const files = (): Record<string, string> =>
      Object.fromEntries(
        (existsSync(directory) ? readdirSync(directory) : [])
          .filter((name) => !name.startsWith('..') && statSync(join(directory, name)).isFile())
          .map((name) => [name, readFileSync(join(directory, name), 'utf8')]),
      );
    return { node, dir, volume, files };
  };
}

/** What the contract promises of every type of volume. */
export function volumePluginConformance<T extends VolumeType>(under: PluginUnderTest<T>): void {
  const { plugin, follows } = under;

  describe(`a volume of type ${plugin.type}`, () => {
    const rig = pluginRig(under);
    const boundAt = ({ volume, node }: PluginRig<T>): string => plugin.boundAt?.(volume, node) ?? volume.directory;

    it('is there to be bound once it is set up, and stays as it is when that is done again', async () => {
      const made = rig();
      expect(plugin.refusal?.(made.volume.source)).toBeUndefined();
      await plugin.setUp(made.volume, made.node);
      const before = statSync(boundAt(made));
      await plugin.setUp(made.volume, made.node);
      expect([statSync(boundAt(made)).ino, statSync(boundAt(made)).mode]).toEqual([before.ino, before.mode]);
    });

    it('is gone when it is torn down, also twice, also when it was never set up', async () => {
      const made = rig();
      await plugin.tearDown(made.volume, made.node);
      await plugin.setUp(made.volume, made.node);
      await plugin.tearDown(made.volume, made.node);
      await plugin.tearDown(made.volume, made.node);
      expect(existsSync(made.volume.directory)).toBe(false);
      expect([...made.node.mounted]).toEqual([]);
    });

    it('can be set up anew after that', async () => {
      const made = rig();
      await plugin.setUp(made.volume, made.node);
      await plugin.tearDown(made.volume, made.node);
      await plugin.setUp(made.volume, made.node);
      expect(existsSync(boundAt(made))).toBe(true);
    });

    it('leaves alone what is not its own', async () => {
      const made = rig();
      const [ofNode, ofNeighbour] = [join(made.dir, 'kept'), join(made.volume.directory, '..', 'w')];
      writeFileSync(ofNode, '');
      mkdirSync(ofNeighbour, { recursive: true });
      await plugin.setUp(made.volume, made.node);
      await plugin.tearDown(made.volume, made.node);
      expect([existsSync(ofNode), existsSync(ofNeighbour)]).toEqual([true, true]);
    });

    it(follows ? 'follows what it is made from' : 'follows nothing', async () => {
      const made = rig();
      await plugin.setUp(made.volume, made.node);
      const before = made.files();
      if (!follows) {
        await plugin.refresh?.(made.volume, made.node);
        expect(made.files()).toEqual(before);
        return;
      }
      follows.change(made.node);
      await plugin.refresh!(made.volume, made.node);
      const changed = made.files();
      expect(changed).not.toEqual(before);
      if (!follows.lose) return;
      follows.lose(made.node);
      await expect(async () => plugin.refresh!(made.volume, made.node)).rejects.toThrow('not found');
      expect(made.files()).toEqual(changed);
    });
  });
}
