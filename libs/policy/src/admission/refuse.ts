import { type ApiError, forbidden } from '#api';
import type { AdmissionRequest } from '#api-server/contract';

/** What every plugin refuses with: 403 on the object at hand. Objects that get a generated name have none yet. */
export function refuse({ resource, name, object }: AdmissionRequest, why: string): ApiError {
  return forbidden(resource, name || object?.metadata?.name || object?.metadata?.generateName || '', why);
}

/** Pods themselves and their subresources; a plugin says which of those it handles. */
export const isPod = (resource: { group: string; resource: string }): boolean => resource.group === '' && resource.resource === 'pods';
export const isClaim = (resource: { group: string; resource: string }): boolean =>
  resource.group === '' && resource.resource === 'persistentvolumeclaims';
export const isNode = (resource: { group: string; resource: string }): boolean => resource.group === '' && resource.resource === 'nodes';
