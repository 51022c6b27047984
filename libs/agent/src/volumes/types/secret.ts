import type { SecretProjection } from '#api/types';
import { objectPayload, type Payload } from '../payload-plan.ts';
import { DEFAULT_MODE, payloadVolume } from '../payload-volume.ts';
import type { VolumeNode } from '../volume-plugin.ts';

/** Kubernetes, "secret": one file a key. */
export const secret = payloadVolume({
  type: 'secret',
  contents: async ({ source: { secretName: name, defaultMode = DEFAULT_MODE, ...source } }, node) => ({
    payload: await secretPayload({ ...source, name }, defaultMode, node),
  }),
});

/** As `configMapPayload`. */
export async function secretPayload(
  { name = '', items, optional = false }: SecretProjection,
  mode: number,
  { objects }: VolumeNode,
): Promise<Payload> {
  return objectPayload({ data: await objects.secret(name), items, mode, optional, what: 'secret', name });
}
