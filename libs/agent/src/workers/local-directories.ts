import { existsSync } from 'node:fs';
import { mkdir, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { ApiError } from '#api';
import type { PersistentVolume } from '#api/types';
import { type Clock, removeTree, WorkQueue } from '#base';
import { type Api, patch, WatchingInformer } from '#client';
import { localStorage, resources } from '#objects';
import type { Logger } from '#telemetry';
import { localVolumesDir } from '../local-volumes.ts';
import { recordsOfNode } from '../volumes/volume-record.ts';
import type { Worker } from './worker.ts';

/** Names of volumes begin with no dot (RFC 1123), so that it is none of theirs. */
const TRASH = '.trash';
/** Some pod of this node still has it mounted. */
const IN_USE_MS = 2_000;

export interface LocalDirectoriesOptions {
  api: Api;
  clock: Clock;
  logger: Logger;
  nodeName: string;
  rootDir: string;
}

/**
 * Takes the directories of built-in storage away whose volumes are deleted: first out of the way, then with all that is in them, and then the
 * API may forget the volume. Cut short anywhere, the next agent goes on. What is to be retained stays as it is.
 */
export class LocalDirectories implements Worker {
  readonly name = 'local-directories';
  private readonly queue: WorkQueue<string>;
  private readonly volumes: WatchingInformer<PersistentVolume>;

  constructor(private readonly options: LocalDirectoriesOptions) {
    const { api, clock, logger, nodeName } = options;
    this.queue = new WorkQueue(clock, { baseMs: 500, maxMs: 60_000 });
    const query = { resource: resources.persistentVolumes, labelSelector: `${localStorage.nodeLabel}=${nodeName}` };
    this.volumes = new WatchingInformer<PersistentVolume>({ api, clock, logger, query });
  }

  async run(signal: AbortSignal): Promise<void> {
    const { logger } = this.options;
    signal.addEventListener('abort', () => this.queue.close(), { once: true });
    await this.emptyTrash().catch((err: unknown) => logger.warn({ err }, 'deleted volumes could not be cleared away yet'));
    const stopListening = this.volumes.onChange(({ object, deleted }) => {
      if (!deleted && isLeaving(object)) this.queue.add(object.metadata.name ?? '');
    });
    const watching = this.volumes.run(signal);
    for (let name = await this.queue.take(); name !== undefined; name = await this.queue.take()) await this.handle(name);
    stopListening();
    await watching;
  }

  private async handle(name: string): Promise<void> {
    try {
      if (await this.remove(name)) this.queue.forget(name);
      else this.queue.addAfter(name, IN_USE_MS);
    } catch (err) {
      this.options.logger.warn({ err, volume: name }, 'the directory of a deleted volume could not be removed');
      this.queue.retry(name);
    } finally {
      this.queue.done(name);
    }
  }

  /** false: some pod has it still. */
  private async remove(name: string): Promise<boolean> {
    const volume = this.volumes.get('', name);
    if (!volume || !isLeaving(volume)) return true;
    const { rootDir, logger } = this.options;
    if (recordsOfNode(rootDir).some((record) => record.kind === 'local' && record.volume === name)) return false;
    const directory = join(localVolumesDir(rootDir), name);
    if (volume.spec?.persistentVolumeReclaimPolicy === 'Delete' && volume.spec.local?.path === directory) {
      await this.discard(name, directory);
      logger.info({ volume: name }, 'the directory of a deleted volume is removed');
    }
    await this.letGo(volume);
    return true;
  }

  /** A rename is whole or has not been: nobody ever finds half of a volume. */
  private async discard(name: string, directory: string): Promise<void> {
    const trash = join(localVolumesDir(this.options.rootDir), TRASH);
    if (existsSync(directory)) {
      await mkdir(trash, { recursive: true, mode: 0o700 });
      await removeTree(join(trash, name));
      await rename(directory, join(trash, name));
    }
    await removeTree(join(trash, name));
  }

  private async letGo({ metadata }: PersistentVolume): Promise<void> {
    const finalizers = (metadata.finalizers ?? []).filter((each) => each !== localStorage.finalizer);
    const ref = { resource: resources.persistentVolumes, name: metadata.name ?? '' };
    try {
      await patch(this.options.api, ref, { metadata: { finalizers, resourceVersion: metadata.resourceVersion } });
    } catch (err) {
      if (!(err instanceof ApiError && err.code === 404)) throw err;
    }
  }

  /** What a former agent was deleting. */
  private async emptyTrash(): Promise<void> {
    const trash = join(localVolumesDir(this.options.rootDir), TRASH);
    if (!existsSync(trash)) return;
    for (const name of await readdir(trash)) await removeTree(join(trash, name));
  }
}

/** Deleted, and of no claim any more: a volume that is deleted while it is bound stays until its claim goes. */
const isLeaving = ({ metadata, status }: PersistentVolume): boolean =>
  metadata.deletionTimestamp !== undefined && (metadata.finalizers ?? []).includes(localStorage.finalizer) && status?.phase !== 'Bound';
