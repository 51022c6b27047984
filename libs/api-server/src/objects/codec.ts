import { builtinTypes, decodeBody, decodeObject, type Gvk, type KubeObject } from '#api';
import type { RequestBody, WriteOptions } from '../contract.ts';

type Reading = Pick<WriteOptions, 'fieldValidation' | 'warn'>;

/** The object of a body, checked, pruned and with its type's defaults; `gvk` is what the path expects. Throws ApiError 400, 415. */
export function readObject(gvk: Gvk, body: RequestBody, { fieldValidation, warn }: Reading): KubeObject {
  const options = { gvk, fieldValidation, warn };
  if ('value' in body) return decodeObject(builtinTypes, body.value, options);
  return decodeBody(builtinTypes, body.bytes, { ...options, mediaType: body.mediaType });
}
