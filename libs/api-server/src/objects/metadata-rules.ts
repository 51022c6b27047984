import {
  badRequest,
  type FieldError,
  invalidValue,
  isQualifiedName,
  type KubeObject,
  validateObjectMeta,
  validateObjectMetaUpdate,
} from '#api';
import type { ServedKind } from '../contract.ts';

/** Finalizers that the API itself names: they need no domain. */
const standardFinalizers = new Set(['kubernetes', 'orphan', 'foregroundDeletion']);

/** Rules for `metadata` of a new object. */
export function validateMetadata({ namespaced, definition }: ServedKind, { metadata }: KubeObject): FieldError[] {
  return [...validateObjectMeta(metadata, { namespaced, nameRule: definition.nameRule }), ...unknownFinalizers(metadata.finalizers ?? [])];
}

/** Rules for `metadata` of a changed object. */
export function validateMetadataUpdate(next: KubeObject, previous: KubeObject): FieldError[] {
  const version = previous.metadata.resourceVersion;
  const rules = validateObjectMetaUpdate({ ...next.metadata, resourceVersion: version }, previous.metadata);
  // The kind's own rules check metadata again upstream, so each complaint stands twice among the causes (and once in the message).
  return [...rules, ...rules, ...unknownFinalizers(next.metadata.finalizers ?? [])];
}

/** `k8s.io/kubernetes/pkg/apis/core/validation.validateKubeFinalizerName`. */
function unknownFinalizers(finalizers: readonly string[]): FieldError[] {
  return finalizers.flatMap((finalizer, i) =>
    finalizer.includes('/') || standardFinalizers.has(finalizer) || isQualifiedName(finalizer).length > 0
      ? []
      : [invalidValue(`metadata.finalizers[${i}]`, finalizer, 'name is neither a standard finalizer name nor is it fully qualified')],
  );
}

/** An object is the one of its path. Throws ApiError 400. */
export function checkName(object: KubeObject, name: string): void {
  const own = object.metadata.name;
  if (!own) throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  if (own !== name) throw badRequest(`the name of the object (${own}) does not match the name on the URL (${name})`);
}
