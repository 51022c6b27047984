import { mkdirSync } from 'node:fs';
import { removeTree } from '#base';
import { writePayload } from './atomic-writer.ts';
import type { Payload } from './payload-plan.ts';
import type { PodVolume, Upkeep, VolumeNode, VolumePlugin, VolumeType } from './volume-plugin.ts';

/** The files, and when they have to be made again. */
export interface Contents extends Upkeep {
  payload: Payload;
}

/** The mode of files when a pod does not say it (core/v1: `defaultMode`). */
export const DEFAULT_MODE = 0o644;

/** A type of volume whose files are made from what the API knows, and follow it. */
export function payloadVolume<T extends VolumeType>({
  contents,
  ...plugin
}: Pick<VolumePlugin<T>, 'type' | 'refusal'> & {
  contents: (volume: PodVolume<T>, node: VolumeNode) => Promise<Contents>;
}): VolumePlugin<T> {
  const write = async (volume: PodVolume<T>, node: VolumeNode): Promise<Upkeep> => {
    const { payload, ...upkeep } = await contents(volume, node);
    const gid = volume.pod.spec.securityContext?.fsGroup;
    mkdirSync(volume.directory, { recursive: true, mode: 0o755 });
    writePayload(volume.directory, payload, gid === undefined ? {} : { gid });
    return upkeep;
  };
  return { ...plugin, isReadOnly: () => true, setUp: write, refresh: write, tearDown: ({ directory }) => removeTree(directory) };
}
