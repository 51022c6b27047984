import type { AdmissionPlugin } from '#api-server/contract';
import type { KubeObject } from '#api';
import { storageNames } from '#objects';

const { attributesClassProtection, claimProtection, volumeProtection } = storageNames;
const finalizers: ReadonlyMap<string, string> = new Map([
  ['/persistentvolumeclaims', claimProtection],
  ['/persistentvolumes', volumeProtection],
  ['storage.k8s.io/volumeattributesclasses', attributesClassProtection],
]);

const keyOf = ({ group, resource }: { group: string; resource: string }): string => `${group}/${resource}`;

/** What is used stays until nobody uses it: a controller takes the finalizer away then ("Storage Object in Use Protection"). */
export const storageProtection: AdmissionPlugin = {
  name: 'StorageObjectInUseProtection',
  handles: (verb, resource, subresource) => verb === 'create' && subresource === '' && finalizers.has(keyOf(resource)),
  mutate({ object, resource }) {
    const { metadata } = object as KubeObject;
    const finalizer = finalizers.get(keyOf(resource))!;
    const given = metadata.finalizers ?? [];
    return given.includes(finalizer) ? object! : { ...object!, metadata: { ...metadata, finalizers: [...given, finalizer] } };
  },
};
