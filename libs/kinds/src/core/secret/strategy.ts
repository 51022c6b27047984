import type { Secret } from '#api/types';
import { base64Of } from '../../rules/base64.ts';

/** `stringData` is written, never read: each of its keys replaces the one in `data`. */
export function mergeStringData(secret: Secret): Secret {
  const { stringData, ...rest } = secret;
  if (!stringData) return secret;
  const encoded = Object.fromEntries(Object.entries(stringData).map(([key, text]) => [key, base64Of(text)]));
  return { ...rest, data: { ...secret.data, ...encoded } };
}
