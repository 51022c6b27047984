import { basename } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Pod, Volume } from '#api/types';
import { removeTree, systemReason } from '#base';
import type { PodPaths } from '../pod-paths.ts';
import { PrepareError } from '../pod-steps/errors.ts';
import { volumeTypes } from './types/index.ts';
import { tearDownRecorded } from './recorded-volume.ts';
import { recordFiles } from './volume-record.ts';
import type { HostNode, PodVolume, Upkeep, VolumeNode, VolumePlugin, VolumeType } from './volume-plugin.ts';

/** Between two refreshes of a pod's volumes. */
const LEAST_MS = 1_000;

/** The volumes of one pod on disk. */
export class PodVolumes {
  /** By volume: when it is due though nothing has changed. */
  private readonly renewals = new Map<string, number>();
  /** What they are made from may have changed since they were made. */
  private isOutdated = true;
  /** Whatever was answered, not sooner: what is due over and over would keep the node busy. */
  private notBeforeMs = 0;

  constructor(
    private readonly paths: PodPaths,
    private readonly node: VolumeNode,
    private readonly plugins: readonly VolumePlugin[] = volumeTypes,
  ) {}

  /** When they have to be refreshed; 0: now, for something has changed. */
  get refreshAtMs(): number | undefined {
    if (this.isOutdated) return 0;
    return this.renewals.size > 0 ? Math.max(this.notBeforeMs, Math.min(...this.renewals.values())) : undefined;
  }

  /** Something that they are made from has changed. */
  outdate(): void {
    this.isOutdated = true;
  }

  /** What of a volume is bound into containers, and whether they may write there. Throws when it may not be given to them. */
  binding(pod: Pod, volume: Volume): { path: string; readOnly: boolean; options?: readonly string[] } {
    const plugin = this.pluginOf(volume);
    const mine = this.request(plugin, pod, volume);
    const path = plugin.boundAt?.(mine, this.node) ?? mine.directory;
    return { path, readOnly: plugin.isReadOnly?.(mine) ?? false, ...(plugin.mountOptions && { options: plugin.mountOptions }) };
  }

  /** The device of a block volume, and whether containers may write to it. Throws when it may not be given to them. */
  device(pod: Pod, volume: Volume): { path: string; readOnly: boolean } {
    const plugin = this.pluginOf(volume);
    const mine = this.request(plugin, pod, volume);
    if (!plugin.device) throw new Error(`volume ${volume.name} has volumeMode Filesystem, but is specified in volumeDevices`);
    return { path: plugin.device(mine, this.node), readOnly: plugin.isReadOnly?.(mine) ?? false };
  }

  /** Makes every volume that the pod names. Idempotent. Throws PrepareError for the first that cannot be made, when all have been tried. */
  async setUp(pod: Pod): Promise<void> {
    await this.make(pod, async (volume) => {
      try {
        const plugin = this.pluginOf(volume);
        const mine = this.request(plugin, pod, volume);
        const refusal = plugin.refusal?.(mine.source);
        if (refusal) throw new Error(refusal);
        this.keepUp(volume, await plugin.setUp(mine, this.node));
      } catch (err) {
        if (err instanceof PrepareError) throw err;
        const message = `MountVolume.SetUp failed for volume "${volume.name}" : ${systemReason(err)}`;
        throw new PrepareError('FailedMount', message, { cause: err });
      }
    });
  }

  /** Brings all to what they are made from now. What cannot be read now stays as it was; the first such error is thrown at the end. */
  async refresh(pod: Pod): Promise<void> {
    await this.make(pod, async (volume) => {
      const plugin = this.pluginOf(volume);
      if (plugin.refresh) this.keepUp(volume, await plugin.refresh(this.request(plugin, pod, volume), this.node));
    });
  }

  /** Nothing of the pod is left on this node's disk, its logs included. Its containers are gone. */
  async tearDown(pod: Pod): Promise<void> {
    const { mounts } = this.node;
    for (const mount of mounts.mountsBelow(this.paths.subPaths)) await mounts.unmount(mount);
    await this.each(pod, async (volume) => {
      const plugin = this.find(volume);
      await plugin?.tearDown(this.request(plugin, pod, volume), this.node);
    });
    await removePodDirectory(this.paths, this.node);
  }

  private async make(pod: Pod, task: (volume: Volume) => Promise<void>): Promise<void> {
    this.isOutdated = false; // what changes from now on may come too late for this
    try {
      await this.each(pod, task);
    } finally {
      this.notBeforeMs = this.node.clock.now().getTime() + LEAST_MS;
    }
  }

  private async each(pod: Pod, task: (volume: Volume) => Promise<void>): Promise<void> {
    // All come to their end before any failure counts: nothing is at work in the background while it is tried again.
    const results = await Promise.allSettled((pod.spec.volumes ?? []).map(task));
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }

  private keepUp({ name }: Volume, upkeep: Upkeep | void): void {
    if (upkeep?.renewAtMs === undefined) this.renewals.delete(name);
    else this.renewals.set(name, upkeep.renewAtMs);
  }

  private find(volume: Volume): VolumePlugin | undefined {
    return this.plugins.find(({ type }) => volume[type]);
  }

  private pluginOf(volume: Volume): VolumePlugin {
    const plugin = this.find(volume);
    if (!plugin) throw new Error('no volume plugin matched');
    return plugin;
  }

  private request({ type }: VolumePlugin, pod: Pod, volume: Volume): PodVolume<VolumeType> {
    return {
      pod,
      name: volume.name,
      source: volume[type]!,
      directory: this.paths.volume(volume.name),
      recordFile: this.paths.volumeRecord(volume.name),
    };
  }
}

/** The rest of a pod, whatever it was: what is written down as mounted, all else that is mounted there, and then the files. */
export async function removePodDirectory(paths: PodPaths, node: HostNode): Promise<void> {
  const { dir } = paths;
  const { mounts } = node;
  for (const mount of mounts.mountsBelow(paths.subPaths)) await mounts.unmount(mount);
  for (const file of recordFiles(paths.volumeRecords)) await tearDownRecorded(file, paths.volume(basename(file, '.json')), node);
  for (const mount of mounts.mountsBelow(dir)) await mounts.unmount(mount);
  await removeTree(dir);
}

/** What volumes are made from besides ConfigMaps and Secrets: the downward API shows metadata and resources. Most changes are of the status. */
export function volumesDiffer(a: Pod, b: Pod): boolean {
  const shown = ({ metadata: { labels, annotations }, spec }: Pod): unknown => ({ labels, annotations, spec });
  return !isDeepStrictEqual(shown(a), shown(b));
}
