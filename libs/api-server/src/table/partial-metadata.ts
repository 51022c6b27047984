import type { KubeObject } from '#api';
import type { ServedObject } from '../contract.ts';
import type { Format } from '../request/negotiate.ts';

/** meta/v1 PartialObjectMetadata: an object without what is its kind's own. */
export const partialMetadata = (object: KubeObject, { version = 'v1' }: Pick<Format, 'version'>): unknown => ({
  kind: 'PartialObjectMetadata',
  apiVersion: `meta.k8s.io/${version}`,
  metadata: object.metadata,
});

export const partialMetadataList = (items: readonly ServedObject[], metadata: unknown, format: Format): unknown => ({
  kind: 'PartialObjectMetadataList',
  apiVersion: `meta.k8s.io/${format.version ?? 'v1'}`,
  metadata,
  items: items.map((item) => partialMetadata(item.object, format)),
});
