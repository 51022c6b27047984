import { ApiError } from '#api';
import type { PersistentVolume, PersistentVolumeClaim, PersistentVolumeStatus } from '#api/types';
import type { Api } from '#client';
import { resources } from '#objects';
import { createOnce, statusItem, write } from '../status.ts';

/** Bound to the version that was read: who else has changed it meanwhile may have given it away. Throws ApiError. */
export function updateVolume(api: Api, object: PersistentVolume): Promise<void> {
  return write(api, { verb: 'update', resource: resources.persistentVolumes, name: object.metadata.name ?? '', object });
}

export function updateClaim(api: Api, object: PersistentVolumeClaim): Promise<void> {
  const { namespace, name = '' } = object.metadata;
  return write(api, { verb: 'update', resource: resources.persistentVolumeClaims, namespace, name, object });
}

export const updateVolumeStatus = (api: Api, volume: PersistentVolume, status: PersistentVolumeStatus): Promise<void> =>
  write(api, statusItem(resources.persistentVolumes, volume, status));

/** Its name is made of the claim's uid: one that is there already is this one. */
export const createVolume = (api: Api, volume: PersistentVolume): Promise<void> => createOnce(api, resources.persistentVolumes, volume);

/** As the api-server has it, for decisions that a cache which lags behind would make wrong. */
export async function claimNow(api: Api, namespace: string, name: string): Promise<PersistentVolumeClaim | undefined> {
  try {
    return await api.get<PersistentVolumeClaim>({ resource: resources.persistentVolumeClaims, namespace, name });
  } catch (err) {
    if (err instanceof ApiError && err.code === 404) return undefined;
    throw err;
  }
}
