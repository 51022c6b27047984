import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Digest, removeTree, systemReason } from '#base';
import type { Logger } from '#telemetry';
import { RuntimeError } from '../contract.ts';
import type { SnapshotOptions, Snapshotter } from '../snapshots.contract.ts';
import { diskUsage, mount, mountFlags, readMounts, unmount } from '../host/index.ts';
import type { LayerStore } from '../layers/layer-store.ts';
import { escapePath, overlayRules, withOverlayOptions } from './overlay-options.ts';
import { stackOf } from './stack.ts';

export interface SnapshotterOptions {
  /** One directory per key: `<root>/<key>/{fs,work,snapshot.json}`. On the file system that the writable layers shall fill. */
  rootDir: string;
  layers: LayerStore;
  logger: Logger;
}

interface SnapshotRecord {
  target: string;
  diffIds: Digest[];
}

/**
 * Overlay stacks. What exists is on disk and in the mount table: a new instance goes on where another one stopped.
 *
 * `volatile` unless asked to be durable: unmounting an overlay syncs its whole upper file system, which containers' starts and stops would
 * make everybody else wait for; and a writable layer of a pod does not outlive its container anyway.
 */
export class OverlaySnapshotter implements Snapshotter {
  constructor(private readonly options: SnapshotterOptions) {}

  async open(): Promise<void> {
    await mkdir(this.options.rootDir, { recursive: true, mode: 0o711 });
  }

  async mount(key: string, diffIds: readonly Digest[], target: string, options: SnapshotOptions = {}): Promise<void> {
    const directory = this.directory(key);
    mkdirSync(target, { recursive: true });
    // A key that is new cannot be mounted, and the mount table of a busy node is long.
    const before = this.record(key);
    if (before && before.target !== target) await unmount(before.target);
    else if (before && isMounted(target)) return;
    mkdirSync(join(directory, 'fs'), { recursive: true, mode: 0o755 });
    // A crash left `work/work/incompat/volatile` behind; overlay refuses it, and what it warns of is a machine that went down.
    rmSync(join(directory, 'work'), { recursive: true, force: true });
    mkdirSync(join(directory, 'work'), { mode: 0o700 });
    this.writeRecord(key, { target, diffIds: [...diffIds] });
    await mountStack({
      layers: this.options.layers,
      diffIds,
      target,
      ...(options.readonly ? {} : { upper: join(directory, 'fs'), work: join(directory, 'work') }),
      volatile: !options.durable,
    });
  }

  async unmount(key: string): Promise<void> {
    const record = this.record(key);
    if (record) await unmount(record.target);
  }

  async remove(key: string): Promise<void> {
    await this.unmount(key);
    await removeTree(this.directory(key));
  }

  async usage(key: string): Promise<{ bytes: number; inodes: number }> {
    return diskUsage(join(this.directory(key), 'fs'));
  }

  /** The directory that takes what is written. */
  upper(key: string): string {
    return join(this.directory(key), 'fs');
  }

  /** Where it is mounted, if it is. */
  mountPoint(key: string): string | undefined {
    const record = this.record(key);
    return record && isMounted(record.target) ? record.target : undefined;
  }

  list(): Promise<string[]> {
    return readdir(this.options.rootDir);
  }

  /** diffIDs of every snapshot: garbage collection leaves them alone. */
  async layersInUse(): Promise<Digest[]> {
    const records = (await this.list()).map((key) => this.record(key));
    return [...new Set(records.flatMap((record) => record?.diffIds ?? []))];
  }

  /** Not synced: what a machine that went down forgets of it, it has unmounted as well. */
  private writeRecord(key: string, record: SnapshotRecord): void {
    const path = join(this.directory(key), 'snapshot.json');
    writeFileSync(`${path}.new`, JSON.stringify(record));
    renameSync(`${path}.new`, path);
  }

  private record(key: string): SnapshotRecord | undefined {
    try {
      return JSON.parse(readFileSync(join(this.directory(key), 'snapshot.json'), 'utf8')) as SnapshotRecord;
    } catch (err) {
      if ((err as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw err;
    }
  }

  private directory(key: string): string {
    if (!/^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/.test(key)) throw new RangeError(`snapshot key '${key}' is no file name`);
    return join(this.options.rootDir, key);
  }
}

export interface StackMount {
  layers: LayerStore;
  /** Bottom first. */
  diffIds: readonly Digest[];
  target: string;
  /** Without an upper directory the mount is read-only. */
  upper?: string;
  work?: string;
  /** overlayfs's `volatile`: nothing is synced, and the upper directory is not to be trusted after a power failure. */
  volatile?: boolean;
}

/** Mounts layers, and an upper directory over them, at `target`. Throws 'bad-image' when a layer is not unpacked here. */
export async function mountStack({ layers, diffIds, target, upper, work, volatile = false }: StackMount): Promise<void> {
  const names = await stackOf(layers, diffIds);
  let rest = overlayRules;
  if (upper && work) rest += `,upperdir=${escapePath(upper)},workdir=${escapePath(work)}${volatile ? ',volatile' : ''}`;
  await withOverlayOptions({ root: join(layers.root, 'l'), names }, rest, (options) => {
    try {
      mount('overlay', target, 'overlay', { flags: upper ? 0 : mountFlags.readonly, data: options });
    } catch (err) {
      throw new RuntimeError('start-failed', `cannot mount the layers of the image: ${systemReason(err)}`, { cause: err });
    }
  });
}

function isMounted(target: string): boolean {
  return readMounts().some((entry) => entry.target === target && entry.type === 'overlay');
}
