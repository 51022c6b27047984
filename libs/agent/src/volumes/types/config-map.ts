import type { ConfigMapProjection } from '#api/types';
import { objectPayload, type Payload } from '../payload-plan.ts';
import { DEFAULT_MODE, payloadVolume } from '../payload-volume.ts';
import type { VolumeNode } from '../volume-plugin.ts';

/** Kubernetes, "configMap": one file a key. */
export const configMap = payloadVolume({
  type: 'configMap',
  contents: async ({ source }, node) => ({ payload: await configMapPayload(source, source.defaultMode ?? DEFAULT_MODE, node) }),
});

/** For the volume, and for a projection. An object that must be there and is not throws ConfigError. */
export async function configMapPayload(
  { name = '', items, optional = false }: ConfigMapProjection,
  mode: number,
  { objects }: VolumeNode,
): Promise<Payload> {
  return objectPayload({ data: await objects.configMap(name), items, mode, optional, what: 'configmap', name });
}
