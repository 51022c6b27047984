import type { Container, EphemeralContainer, Pod } from '#api/types';
import type { Image } from '#runtime/images.contract';
import type { AgentContext } from '../context.ts';
import type { PodPaths } from '../pod-paths.ts';
import { snapshotKey } from '../volumes/sources/image.ts';
import { readRecord, type VolumeRecord, writeRecord } from '../volumes/volume-record.ts';
import type { PodImages } from './images.ts';

export interface ImageVolumesInput {
  context: Pick<AgentContext, 'images' | 'snapshots'>;
  pod: Pod;
  container: Container | EphemeralContainer;
  paths: PodPaths;
  images: Pick<PodImages, 'ensure'>;
  signal: AbortSignal;
}

/**
 * Mounts what a container needs of images as volumes. Which image that is was decided when the pod had it first: a name may mean another one
 * by now. Throws WaitingError, as for the container's own image.
 */
export async function mountImageVolumes({ context, pod, container, paths, images, signal }: ImageVolumesInput): Promise<void> {
  const mounted = new Set((container.volumeMounts ?? []).map(({ name }) => name));
  for (const { name, image: source } of pod.spec.volumes ?? []) {
    if (!source || !mounted.has(name)) continue;
    const file = paths.volumeRecord(name);
    const record = readRecord(file) as VolumeRecord<'image'> | undefined;
    if (!record) throw new Error(`volume ${name} is not prepared`);
    const known = record.source.imageId && (await context.images.get(record.source.imageId));
    const image: Image = known || (await images.ensure(pod, asContainer(container, source), signal));
    if (!known) writeRecord(file, { ...record, source: { ...record.source, imageId: image.id } });
    await context.snapshots.mount(snapshotKey(record), image.diffIds, paths.volume(name), { readonly: true });
  }
}

/** What is pulled for a volume is told of by the container that waits for it. */
const asContainer = (
  container: Container | EphemeralContainer,
  { reference, pullPolicy }: NonNullable<NonNullable<Pod['spec']['volumes']>[number]['image']>,
) => ({
  name: container.name,
  image: reference ?? '',
  ...(pullPolicy && { imagePullPolicy: pullPolicy }),
});
