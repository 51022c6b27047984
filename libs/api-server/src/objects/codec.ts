import { atOnce, decodeBodySlices, decodeObject, type Gvk, type KubeObject, type Slices, type TypeTable } from '#api';
import type { RequestBody, WriteOptions } from '../contract.ts';

type Reading = Pick<WriteOptions, 'fieldValidation' | 'warn'>;

/** The object of a body, checked, pruned and with its type's defaults; `gvk` is what the path expects. Throws ApiError 400, 413, 415. */
export function readObject(types: TypeTable, gvk: Gvk, body: RequestBody, reading: Reading): KubeObject {
  return atOnce(readObjectSlices(types, gvk, body, reading));
}

/** The same in slices, for large bodies. */
export function* readObjectSlices(types: TypeTable, gvk: Gvk, body: RequestBody, { fieldValidation, warn }: Reading): Slices<KubeObject> {
  const options = { gvk, fieldValidation, warn };
  if ('value' in body) return decodeObject(types, body.value, options);
  const { bytes, mediaType, yaml } = body;
  return yield* decodeBodySlices(types, bytes, { ...options, mediaType, yaml });
}
