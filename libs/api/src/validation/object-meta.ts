import { type FieldError, forbiddenField, invalidValue, required, tooLong } from '../meta/field-error.ts';
import type { ManagedFieldsEntry, ObjectMeta, OwnerReference } from '../meta/object.ts';
import { byteLength, checkName, isDns1123Label, isQualifiedName, isValidLabelValue, type NameRule } from './names.ts';

const annotationsLimitBytes = 256 * 1024;
/** Names that one complaint tells. */
const maxShown = 100;

/** Rules for labels anywhere: `metadata.labels`, `matchLabels`, template labels. */
export function validateLabels(labels: Readonly<Record<string, string>> | undefined, field: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [key, value] of Object.entries(labels ?? {})) {
    for (const message of isQualifiedName(key)) errors.push(invalidValue(field, key, message));
    for (const message of isValidLabelValue(value)) errors.push(invalidValue(field, value, message));
  }
  return errors;
}

export function validateLabelName(key: string, field: string): FieldError[] {
  return isQualifiedName(key).map((m) => invalidValue(field, key, m));
}

export function validateAnnotations(annotations: Readonly<Record<string, string>> | undefined, field: string): FieldError[] {
  const errors: FieldError[] = [];
  let total = 0;
  for (const [key, value] of Object.entries(annotations ?? {})) {
    // Case does not matter in the keys of annotations.
    for (const message of isQualifiedName(key.toLowerCase())) errors.push(invalidValue(field, key, message));
    total += byteLength(key) + byteLength(value);
  }
  if (total > annotationsLimitBytes) errors.push(tooLong(field, annotationsLimitBytes));
  return errors;
}

function validateOwnerReferences(owners: readonly OwnerReference[], field: string): FieldError[] {
  const errors: FieldError[] = [];
  let controller: string | undefined;
  for (const owner of owners) {
    const apiVersion = owner.apiVersion ?? '';
    if (apiVersion.slice(apiVersion.indexOf('/') + 1) === '') {
      errors.push(invalidValue(`${field}.apiVersion`, apiVersion, 'version must not be empty'));
    }
    for (const part of ['kind', 'name', 'uid'] as const) {
      if (!owner[part]) errors.push(invalidValue(`${field}.${part}`, owner[part] ?? '', 'must not be empty'));
    }
    if (owner.apiVersion === 'v1' && owner.kind === 'Event') {
      errors.push(invalidValue(field, owner, '/v1, Kind=Event is disallowed from being an owner'));
    }
    if (!owner.controller) continue;
    const name = `${owner.kind}/${owner.name}`;
    if (controller !== undefined) {
      const why = `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${name}`;
      errors.push(invalidValue(field, owners, why));
    } else controller = name;
  }
  return errors;
}

function validateFinalizers(finalizers: readonly string[], field: string): FieldError[] {
  const errors = finalizers.flatMap((name) => isQualifiedName(name).map((m) => invalidValue(field, name, m)));
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion')) {
    errors.push(invalidValue(field, finalizers, 'finalizer orphan and foregroundDeletion cannot be both set'));
  }
  return errors;
}

function validateManagedFields(entries: readonly ManagedFieldsEntry[], field: string): FieldError[] {
  return entries.flatMap((entry, i) => {
    const at = `${field}[${i}]`;
    const errors: FieldError[] = [];
    if (entry.operation !== 'Apply' && entry.operation !== 'Update') {
      errors.push(invalidValue(`${at}.operation`, entry.operation ?? '', 'must be `Apply` or `Update`'));
    }
    if (entry.fieldsType && entry.fieldsType !== 'FieldsV1') {
      errors.push(invalidValue(`${at}.fieldsType`, entry.fieldsType, 'must be `FieldsV1`'));
    }
    errors.push(...validateFieldManager(entry.manager ?? '', `${at}.manager`));
    if (byteLength(entry.subresource ?? '') > 256) errors.push(tooLong(`${at}.subresource`, 256));
    return errors;
  });
}

/** The `fieldManager` of a request, or of an entry: at most 128 bytes, printable. */
export function validateFieldManager(manager: string, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (byteLength(manager) > 128) errors.push(tooLong(field, 128));
  let at = 0;
  for (const character of manager) {
    if (!/^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(character)) {
      const code = character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');
      errors.push(invalidValue(field, manager, `invalid character U+${code} (at position ${at})`));
    }
    at += byteLength(character);
  }
  return errors;
}

const commonRules = (meta: ObjectMeta, field: string): FieldError[] => [
  ...validateLabels(meta.labels, `${field}.labels`),
  ...validateAnnotations(meta.annotations, `${field}.annotations`),
  ...validateOwnerReferences(meta.ownerReferences ?? [], `${field}.ownerReferences`),
];

/** Rules for `metadata` at creation, after a name was generated. `metadata.namespace` is required for namespaced kinds, refused for others. */
export function validateObjectMeta(
  meta: ObjectMeta,
  { namespaced, nameRule = 'dns-subdomain' }: { namespaced: boolean; nameRule?: NameRule },
  field = 'metadata',
): FieldError[] {
  const errors: FieldError[] = [];
  if (meta.generateName) {
    errors.push(...checkName(nameRule, meta.generateName, true).map((m) => invalidValue(`${field}.generateName`, meta.generateName, m)));
  }
  if (!meta.name) errors.push(required(`${field}.name`, 'name or generateName is required'));
  else errors.push(...checkName(nameRule, meta.name).map((m) => invalidValue(`${field}.name`, meta.name, m)));
  if (namespaced) {
    if (!meta.namespace) errors.push(required(`${field}.namespace`));
    else errors.push(...isDns1123Label(meta.namespace).map((m) => invalidValue(`${field}.namespace`, meta.namespace, m)));
  } else if (meta.namespace) errors.push(forbiddenField(`${field}.namespace`, 'not allowed on this type'));
  if ((meta.generation ?? 0) < 0) errors.push(invalidValue(`${field}.generation`, meta.generation, 'must be greater than or equal to 0'));
  return [
    ...errors,
    ...commonRules(meta, field),
    ...validateFinalizers(meta.finalizers ?? [], `${field}.finalizers`),
    ...validateManagedFields(meta.managedFields ?? [], `${field}.managedFields`),
  ];
}

/** Rules for `metadata` at an update; the machinery has filled in uid, times and namespace from `old` where the client left them out. */
export function validateObjectMetaUpdate(next: ObjectMeta, old: ObjectMeta, field = 'metadata'): FieldError[] {
  const errors: FieldError[] = [];
  if (old.deletionTimestamp) {
    const kept = new Set(old.finalizers);
    const added = (next.finalizers ?? []).filter((f) => !kept.has(f)).toSorted();
    if (added.length > 0) {
      const shown = `[]string{${added
        .slice(0, maxShown)
        .map((f) => JSON.stringify(f))
        .join(', ')}}`;
      errors.push(
        forbiddenField(
          `${field}.finalizers`,
          `no new finalizers can be added if the object is being deleted, found new finalizers ${shown}`,
        ),
      );
    }
  }
  if (!next.resourceVersion) errors.push(invalidValue(`${field}.resourceVersion`, '', 'must be specified for an update'));
  if ((next.generation ?? 0) < (old.generation ?? 0)) {
    errors.push(invalidValue(`${field}.generation`, next.generation ?? 0, 'must not be decremented'));
  }
  for (const part of ['name', 'namespace', 'uid'] as const) {
    if ((next[part] ?? '') !== (old[part] ?? '')) errors.push(invalidValue(`${field}.${part}`, next[part] ?? '', 'field is immutable'));
  }
  for (const part of ['creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds'] as const) {
    if ((next[part] ?? null) !== (old[part] ?? null)) {
      errors.push(invalidValue(`${field}.${part}`, next[part] ?? null, 'field is immutable'));
    }
  }
  return [...errors, ...commonRules(next, field), ...validateManagedFields(next.managedFields ?? [], `${field}.managedFields`)];
}
