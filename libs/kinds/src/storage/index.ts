import type { KindDefinition } from '../contract.ts';
import { listed } from '../rules/listed.ts';
import { csiDriver } from './csi-driver/kind.ts';
import { csiNode } from './csi-node/kind.ts';
import { csiStorageCapacity } from './csi-storage-capacity/kind.ts';
import { storageClass } from './storage-class/kind.ts';
import { volumeAttachment } from './volume-attachment/kind.ts';
import { volumeAttributesClass } from './volume-attributes-class/kind.ts';

/** storage.k8s.io/v1. */
export const storageKinds: readonly KindDefinition[] = [
  listed(csiDriver),
  listed(csiNode),
  listed(csiStorageCapacity),
  listed(storageClass),
  listed(volumeAttachment),
  listed(volumeAttributesClass),
];
