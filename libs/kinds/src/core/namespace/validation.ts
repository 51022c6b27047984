import { type FieldError, invalidValue, isQualifiedName } from '#api';
import type { Namespace } from '#api/types';

/** Finalizers without a domain that may stand in an object. */
const standardFinalizers = new Set(['kubernetes', 'orphan', 'foregroundDeletion']);

/** `k8s.io/kubernetes/pkg/apis/core/validation`, ValidateNamespace: finalizers in `spec` keep a namespace as those in metadata do. */
export function validateNamespace(namespace: Namespace): FieldError[] {
  return (namespace.spec?.finalizers ?? []).flatMap(validateFinalizer);
}

/** The phase follows the deletion: nobody can end, or revive, a namespace by its status. */
export function validateNamespaceStatus(next: Namespace): FieldError[] {
  const phase = next.status?.phase ?? '';
  const dying = Boolean(next.metadata.deletionTimestamp);
  if (dying && phase !== 'Terminating') {
    return [invalidValue('status.Phase', phase, "may only be 'Terminating' if `deletionTimestamp` is not empty")];
  }
  if (!dying && phase !== 'Active') return [invalidValue('status.Phase', phase, "may only be 'Active' if `deletionTimestamp` is empty")];
  return [];
}

function validateFinalizer(name: string): FieldError[] {
  const errors = isQualifiedName(name).map((message) => invalidValue('spec.finalizers', name, message));
  if (!name.includes('/') && !standardFinalizers.has(name)) {
    errors.push(invalidValue('spec.finalizers', name, 'name is neither a standard finalizer name nor is it fully qualified'));
  }
  return errors;
}
