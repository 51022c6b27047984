import { atOnce, builtinTypes, decodeBodySlices, decodeObject, type Gvk, type KubeObject, type Slices } from '#api';
import type { RequestBody, WriteOptions } from '../contract.ts';

type Reading = Pick<WriteOptions, 'fieldValidation' | 'warn'>;

/** The object of a body, checked, pruned and with its type's defaults; `gvk` is what the path expects. Throws ApiError 400, 413, 415. */
export function readObject(gvk: Gvk, body: RequestBody, reading: Reading): KubeObject {
  return atOnce(readObjectSlices(gvk, body, reading));
}

/** The same in slices, for large bodies. */
export function* readObjectSlices(gvk: Gvk, body: RequestBody, { fieldValidation, warn }: Reading): Slices<KubeObject> {
  const options = { gvk, fieldValidation, warn };
  if ('value' in body) return decodeObject(builtinTypes, body.value, options);
  const { bytes, mediaType, yaml } = body;
  return yield* decodeBodySlices(builtinTypes, bytes, { ...options, mediaType, yaml });
}
