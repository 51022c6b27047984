import { builtinTypes, decodeBody, validateObjectMeta } from '#api';
import type { Pod } from '#api/types';
import { kinds } from '#kinds';

const definition = kinds.find(({ gvk }) => gvk.kind === 'Pod' && gvk.group === '')!;

/** A pod out of JSON or YAML, with its defaults; fields that there are not are passed over, as the kubelet does. Throws what is wrong with it. */
export function readPod(text: Uint8Array): Pod {
  const { gvk } = definition;
  const decoded = decodeBody(builtinTypes, text, { gvk, mediaType: 'application/yaml', fieldValidation: 'Ignore' });
  const { namespace = 'default', ...metadata } = decoded.metadata;
  const pod = definition.applyDefaults!({ ...decoded, metadata: { ...metadata, namespace } }) as Pod;
  const errors = [
    ...validateObjectMeta(pod.metadata, { namespaced: true }),
    ...definition.validate(pod),
    ...(definition.validateCreate?.(pod) ?? []),
  ];
  if (errors.length > 0) throw new Error(`invalid pod: [${errors.map(({ field, message }) => `${field}: ${message}`).join(', ')}]`);
  return pod;
}
