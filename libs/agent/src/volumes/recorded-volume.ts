import { systemReason } from '#base';
import { PrepareError } from '../pod-steps/errors.ts';
import { giveToGroup } from './ownership.ts';
import { sourceOf } from './sources/index.ts';
import type { MountedVolume } from './sources/source-plugin.ts';
import { readRecord, removeRecord, type SourceKind, type SourceTypes, type VolumeRecord, writeRecord } from './volume-record.ts';
import type { HostNode, PodVolume, Upkeep, VolumeNode, VolumePlugin, VolumeType } from './volume-plugin.ts';

export interface Recorded<T extends VolumeType> extends Pick<VolumePlugin<T>, 'type' | 'refusal'> {
  /** What is to be mounted. Throws with the kubelet's words when that cannot be said yet. */
  resolve: (volume: PodVolume<T>, node: VolumeNode) => Promise<VolumeRecord>;
  /** Beside what its source has to do from time to time. */
  refresh?: (volume: MountedVolume, node: VolumeNode) => Promise<Upkeep>;
}

/** A type of volume whose source is mounted, and written down before, so that it is taken away whatever becomes of the pod. */
export function recordedVolume<T extends VolumeType>({ resolve, refresh, ...plugin }: Recorded<T>): VolumePlugin<T> {
  const upToDate = async (volume: MountedVolume, node: VolumeNode): Promise<Upkeep> => {
    const upkeep = await sourceOf(volume.record.kind).refresh?.(volume, node);
    return earlier(upkeep, await refresh?.(volume, node));
  };
  return {
    ...plugin,
    isReadOnly: ({ recordFile }) => readRecord(recordFile)?.readOnly ?? false,
    async setUp(volume, node) {
      const record = await resolve(volume, node);
      writeRecord(volume.recordFile, record);
      const mounted = { record, directory: volume.directory, pod: volume.pod };
      const upkeep = await mountSource(mounted, node).catch((err: unknown) => {
        throw err instanceof PrepareError ? err : setUpFailed(record, err);
      });
      return earlier(upkeep, await refresh?.(mounted, node));
    },
    async refresh({ pod, recordFile, directory }, node) {
      const record = readRecord(recordFile);
      return record && upToDate({ record, directory, pod }, node);
    },
    boundAt({ recordFile, directory, name }, node) {
      const record = recordOf(recordFile, name);
      if (record.mode === 'Block') throw new Error(`volume ${name} has volumeMode Block, but is specified in volumeMounts`);
      return sourceOf(record.kind).boundAt?.({ record, directory }, node) ?? directory;
    },
    device({ recordFile, directory, name }, node) {
      const record = recordOf(recordFile, name);
      const source = sourceOf(record.kind);
      if (record.mode !== 'Block' || !source.device)
        throw new Error(`volume ${name} has volumeMode ${record.mode}, but is specified in volumeDevices`);
      return source.device({ record, directory }, node);
    },
    tearDown: ({ recordFile, directory }, node) => tearDownRecorded(recordFile, directory, node),
  };
}

/** Told by the name of the PersistentVolume, where it is one. */
function setUpFailed({ mode, volume }: VolumeRecord, err: unknown): PrepareError {
  return mode === 'Block'
    ? new PrepareError('FailedMapVolume', `MapVolume.SetUpDevice failed for volume "${volume}" : ${systemReason(err)}`, { cause: err })
    : new PrepareError('FailedMount', `MountVolume.SetUp failed for volume "${volume}" : ${systemReason(err)}`, { cause: err });
}

/** Of a source that the pod itself names. */
export function inlineRecord<K extends SourceKind>(
  { pod, name }: Pick<PodVolume<VolumeType>, 'pod' | 'name'>,
  kind: K,
  source: SourceTypes[K] & { readOnly?: boolean },
): VolumeRecord<K> {
  const { uid = '', namespace = '', name: podName = '' } = pod.metadata;
  const { readOnly = false } = source;
  return {
    kind,
    source,
    volume: name,
    pod: { uid, namespace, name: podName },
    readOnly,
    mode: 'Filesystem',
    accessModes: [],
    mountOptions: [],
  };
}

function recordOf(file: string, name: string): VolumeRecord {
  const record = readRecord(file);
  if (!record) throw new Error(`volume ${name} is not mounted`);
  return record;
}

async function mountSource(volume: MountedVolume, node: VolumeNode): Promise<Upkeep | void> {
  const { record, pod, directory } = volume;
  const source = sourceOf(record.kind);
  if (record.mode === 'Block' && !source.device) throw new Error(`volume plugin ${record.kind} does not support block volumes`);
  const upkeep = await source.setUp(volume, node);
  const { fsGroup, fsGroupChangePolicy } = pod.spec.securityContext ?? {};
  if (fsGroup === undefined || record.readOnly || record.mode === 'Block') return upkeep;
  if (await source.ownsFiles?.(volume, node)) {
    await giveToGroup(source.boundAt?.(volume, node) ?? directory, fsGroup, fsGroupChangePolicy);
  }
  return upkeep;
}

function earlier(a: Upkeep | void, b: Upkeep | void): Upkeep {
  const times = [a?.renewAtMs, b?.renewAtMs].filter((at) => at !== undefined);
  return times.length > 0 ? { renewAtMs: Math.min(...times) } : {};
}

/** Takes away what is written down there. Idempotent. */
export async function tearDownRecorded(recordFile: string, directory: string, node: HostNode): Promise<void> {
  const record = readRecord(recordFile);
  if (!record) return;
  await sourceOf(record.kind).tearDown({ record, directory }, node);
  removeRecord(recordFile);
}
