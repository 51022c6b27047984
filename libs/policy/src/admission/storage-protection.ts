import type { AdmissionPlugin } from '#api-server/contract';
import type { KubeObject } from '#api';
import { storageNames } from '#objects';

const { claimProtection, volumeProtection } = storageNames;
const finalizers: ReadonlyMap<string, string> = new Map([
  ['persistentvolumeclaims', claimProtection],
  ['persistentvolumes', volumeProtection],
]);

/** What is used stays until nobody uses it: a controller takes the finalizer away then ("Storage Object in Use Protection"). */
export const storageProtection: AdmissionPlugin = {
  name: 'StorageObjectInUseProtection',
  handles: (verb, { group, resource }, subresource) => verb === 'create' && group === '' && subresource === '' && finalizers.has(resource),
  mutate({ object, resource }) {
    const { metadata } = object as KubeObject;
    const finalizer = finalizers.get(resource.resource)!;
    const given = metadata.finalizers ?? [];
    return given.includes(finalizer) ? object! : { ...object!, metadata: { ...metadata, finalizers: [...given, finalizer] } };
  },
};
