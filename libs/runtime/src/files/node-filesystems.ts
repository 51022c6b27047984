import { closeSync, existsSync, statSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { type Random, removeTree } from '#base';
import type { BuiltLayer, ImageBuilding } from '../building.contract.ts';
import type { ContainerFilesystem, ContainerFilesystems, FileChange } from '../filesystems.contract.ts';
import { bindMount, mount, mountFlags, readMounts, unmount } from '../host/index.ts';
import type { OverlaySnapshotter } from '../snapshots/overlay-snapshotter.ts';
import { directoryIn, makeFileIfMissing, pinDirectory, pinFollowed, within } from './handles.ts';
import { layerChanges } from './layer-changes.ts';
import { OpenedRoot } from './opened-root.ts';
import { TreeArchive } from './tree-archive.ts';

export interface NodeFilesystemsOptions {
  /** Where layers are mounted for as long as somebody looks at them; cleared by `open`. */
  workDir: string;
  snapshots: OverlaySnapshotter;
  building: ImageBuilding;
  random: Random;
}

/** `ContainerFilesystems` of the containers whose layers a snapshotter keeps. */
export class NodeFilesystems implements ContainerFilesystems {
  private constructor(private readonly options: NodeFilesystemsOptions) {}

  static async open(options: NodeFilesystemsOptions): Promise<NodeFilesystems> {
    const { workDir } = options;
    await mkdir(workDir, { recursive: true, mode: 0o700 });
    // Of a process that was killed, the latest mount first.
    const left = readMounts().filter(({ target }) => target.startsWith(`${workDir}/`));
    for (const { target } of left.toReversed()) await unmount(target);
    for (const name of await readdir(workDir)) await removeTree(join(workDir, name));
    return new NodeFilesystems(options);
  }

  async open(container: ContainerFilesystem): Promise<OpenedRoot> {
    const { root, release } = await this.mount(container);
    try {
      for (const { type = 'bind', source, destination, readonly } of container.mounts)
        if (type === 'bind' && existsSync(source)) bindInto(root, { source, destination, readonly });
      return new OpenedRoot(root, release);
    } catch (err) {
      await release();
      throw err;
    }
  }

  async openLayers(container: ContainerFilesystem): Promise<OpenedRoot> {
    const { root, release } = await this.mount(container);
    return new OpenedRoot(root, release);
  }

  async changes({ id, diffIds }: ContainerFilesystem): Promise<FileChange[]> {
    const upper = this.options.snapshots.upper(id);
    if (!existsSync(upper)) return []; // it was never started
    return this.options.building.withRoot(diffIds, undefined, async (root) =>
      within(pinDirectory(upper, '.'), (up) => within(pinDirectory(root, '.'), (low) => layerChanges(up, low))),
    );
  }

  async commitLayer(container: ContainerFilesystem): Promise<BuiltLayer | undefined> {
    const changed = new Set((await this.changes(container)).map(({ path }) => path));
    if (changed.size === 0) return undefined;
    const upper = pinDirectory(this.options.snapshots.upper(container.id), '.');
    try {
      const archive = new TreeArchive({ overlay: true, omits: (path) => !changed.has(`/${path}`) });
      return await this.options.building.addLayer(archive.contents(upper));
    } finally {
      closeSync(upper);
    }
  }

  /** Of one that runs its own mount, seen a second time; of another its layer, which nobody else has mounted: the caller keeps it from starting. */
  private async mount({ id, diffIds, keepLayer, running }: ContainerFilesystem): Promise<{ root: string; release: () => Promise<void> }> {
    const { workDir, random, snapshots } = this.options;
    const root = join(workDir, random.uuid());
    const mounted = running ? snapshots.mountPoint(id) : undefined;
    if (mounted !== undefined) {
      await mkdir(root);
      bindMount(mounted, root);
    } else await snapshots.mount(id, diffIds, root, { durable: keepLayer });
    return {
      root,
      async release() {
        await unmount(root);
        await removeTree(root);
      },
    };
  }
}

/** Binds to a path inside `root`, links followed inside it; what is missing is made, as for a container that starts. */
function bindInto(root: string, { source, destination, readonly }: { source: string; destination: string; readonly: boolean }): void {
  const isDirectory = statSync(source).isDirectory();
  if (isDirectory) closeSync(directoryIn(root, destination));
  else within(directoryIn(root, posix.dirname(destination)), (parent) => makeFileIfMissing(parent, posix.basename(destination)));
  within(pinFollowed(root, destination), (place) => bindMount(source, `/proc/self/fd/${place}`, { recursive: true }));
  if (!readonly) return;
  // What was pinned lies under the mount now.
  const flags = mountFlags.bind | mountFlags.remount | mountFlags.readonly;
  within(pinFollowed(root, destination), (mounted) => mount('', `/proc/self/fd/${mounted}`, '', { flags }));
}
