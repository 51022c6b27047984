import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, mustRun, type Random, removeTree, writeFileAtomic } from '#base';
import type { ImageBuilding } from '#runtime/building.contract';
import type { Image } from '#runtime/images.contract';
import type { VolumeMounts } from '#runtime/volumes.contract';
import { badParameter, notFound } from './errors.ts';
import { checkVolumeOptions, mountVolume, unmountVolume } from './volume-mount.ts';

export interface Volume {
  name: string;
  created: string;
  labels: Record<string, string> | null;
  options: Record<string, string> | null;
  /** Made for one container by itself, not by name. */
  anonymous: boolean;
}

export interface VolumesOptions {
  root: string;
  clock: Clock;
  random: Random;
  building: Pick<ImageBuilding, 'layersOf' | 'newUpper' | 'withRoot'>;
  mounts: Pick<VolumeMounts, 'bindWithin' | 'unmount' | 'mountsBelow' | 'leadsAway'>;
}

/** Volumes of the driver `local`: a directory each. */
export class Volumes {
  private readonly byName = new Map<string, Volume>();

  private constructor(private readonly options: VolumesOptions) {}

  static async open(options: VolumesOptions): Promise<Volumes> {
    const volumes = new Volumes(options);
    await mkdir(options.root, { recursive: true, mode: 0o711 });
    for (const name of await readdir(options.root)) {
      const volume = await readVolume(join(options.root, name, 'volume.json'));
      if (volume) volumes.byName.set(name, volume);
      else await removeTree(join(options.root, name)); // nobody was told of it
    }
    return volumes;
  }

  list(): Volume[] {
    return [...this.byName.values()].toSorted((a, b) => a.name.localeCompare(b.name));
  }

  /** Throws 404. */
  get(name: string): Volume {
    const volume = this.byName.get(name);
    if (!volume) throw notFound(`get ${name}: no such volume`);
    return volume;
  }

  has(name: string): boolean {
    return this.byName.has(name);
  }

  /** Where its files are. */
  path(name: string): string {
    return join(this.options.root, name, '_data');
  }

  /** One that is there already stays as it is. Without a name it gets one, and is anonymous. Throws 400. */
  async create(
    wanted: { name?: string; labels?: Record<string, string> | null; options?: Record<string, string> | null } = {},
  ): Promise<Volume> {
    const name = wanted.name || this.options.random.bytes(32).toString('hex');
    checkVolumeName(name);
    checkVolumeOptions(wanted.options ?? {});
    const known = this.byName.get(name);
    if (known) return known;
    const created = this.options.clock.now().toISOString();
    const volume: Volume = { name, created, labels: wanted.labels ?? null, options: wanted.options ?? null, anonymous: !wanted.name };
    this.byName.set(name, volume);
    try {
      await mkdir(this.path(name), { recursive: true, mode: 0o755 });
      await writeFileAtomic(join(this.options.root, name, 'volume.json'), JSON.stringify(volume));
    } catch (err) {
      this.byName.delete(name);
      throw err;
    }
    return volume;
  }

  /** Its files too. Who uses it is the caller's to ask. */
  async remove(name: string): Promise<void> {
    this.get(name);
    await this.unmount(name);
    this.byName.delete(name);
    // Without this file it is nobody's, should the rest not come to pass.
    await rm(join(this.options.root, name, 'volume.json'), { force: true });
    await removeTree(join(this.options.root, name));
  }

  /** One whose options say so is what is mounted there, while containers run that have it. */
  async mount(name: string): Promise<void> {
    const { options } = this.get(name);
    if (Object.keys(options ?? {}).length > 0) await mountVolume(this.path(name), options!, this.options.mounts);
  }

  async unmount(name: string): Promise<void> {
    if (Object.keys(this.byName.get(name)?.options ?? {}).length > 0) await unmountVolume(this.path(name), this.options.mounts);
  }

  /** Docker fills a new, empty volume with what the image has at the place where it is mounted, owner and mode of the place included. */
  async fill(name: string, image: Image, place: string): Promise<void> {
    const target = this.path(name);
    if ((await readdir(target)).length > 0) return;
    const { building, mounts } = this.options;
    const layers = await building.layersOf(image.id);
    const upper = await building.newUpper();
    const view = join(this.options.root, name, 'image');
    try {
      await building.withRoot(
        layers.map(({ diffId }) => diffId),
        upper.path,
        async (root) => {
          await mkdir(view, { recursive: true });
          mounts.bindWithin(root, place.slice(1), view);
          try {
            await mustRun(['cp', '-a', `${view}/.`, target]);
          } finally {
            await mounts.unmount(view);
          }
        },
      );
    } finally {
      await rm(view, { recursive: true, force: true });
      await upper.remove();
    }
  }
}

/** Throws 400 with Docker's words. */
export function checkVolumeName(name: string): void {
  if (/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(name) && name.length <= 255 && name.length > 1) return;
  if (name.length === 1) throw badParameter('volume name is too short, names should be at least two alphanumeric characters');
  throw badParameter(
    `create ${name}: ${JSON.stringify(name)} includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path`,
  );
}

async function readVolume(path: string): Promise<Volume | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Volume;
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'ENOENT' || (err as NodeJS.ErrnoException).code === 'ENOTDIR') return undefined;
    throw err;
  }
}
