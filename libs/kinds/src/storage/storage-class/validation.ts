import { duplicate, type FieldError, forbiddenField, notSupported, required, validateLabelName } from '#api';
import type { StorageClass, TopologySelectorTerm } from '#api/types';
import { oneOf } from '../../rules/checks.ts';
import { immutableField, semanticEqual } from '../../rules/equality.ts';
import { validateParameters, validateProvisioner } from '../parameters.ts';

const policies = ['Delete', 'Retain'];

/** `k8s.io/kubernetes/pkg/apis/storage/validation`, ValidateStorageClass. */
export function validateStorageClass(object: StorageClass): FieldError[] {
  const { reclaimPolicy } = object;
  return [
    ...validateProvisioner(object.provisioner, 'provisioner'),
    ...validateParameters(object.parameters, 'parameters'),
    ...(reclaimPolicy && !policies.includes(reclaimPolicy) ? [notSupported('reclaimPolicy', reclaimPolicy, policies)] : []),
    ...oneOf(object.volumeBindingMode, ['Immediate', 'WaitForFirstConsumer'], 'volumeBindingMode'),
    ...validateTopologies(object.allowedTopologies ?? [], 'allowedTopologies'),
  ];
}

/** Volumes that there are already were made by what the class said. */
export function validateStorageClassUpdate(next: StorageClass, previous: StorageClass): FieldError[] {
  const fixed = ['parameters', 'provisioner', 'reclaimPolicy'] as const;
  return [
    ...fixed
      .filter((name) => !semanticEqual(next[name], previous[name]))
      .map((name) => forbiddenField(name, `updates to ${name} are forbidden.`)),
    ...immutableField(next.volumeBindingMode, previous.volumeBindingMode, 'volumeBindingMode'),
  ];
}

/** Terms are alternatives: no two may say the same, in whatever order. */
function validateTopologies(terms: readonly TopologySelectorTerm[], path: string): FieldError[] {
  const seen = new Set<string>();
  return terms.flatMap((term, i) => {
    const errors = validateTerm(term, `${path}[${i}]`);
    const said = (term.matchLabelExpressions ?? []).map(({ key, values }) => JSON.stringify([key, (values ?? []).toSorted()]));
    const text = said.toSorted().join();
    if (seen.has(text)) errors.push(duplicate(`${path}[${i}].matchLabelExpressions`, ''));
    seen.add(text);
    return errors;
  });
}

function validateTerm({ matchLabelExpressions = [] }: TopologySelectorTerm, path: string): FieldError[] {
  const keys = new Set<string>();
  return matchLabelExpressions.flatMap(({ key, values }, i) => {
    const field = `${path}.matchLabelExpressions[${i}]`;
    const errors = values.length === 0 ? [required(`${field}.values`)] : [];
    values.forEach((value, k) => {
      if (values.indexOf(value) < k) errors.push(duplicate(`${field}.values[${k}]`, value));
    });
    errors.push(...validateLabelName(key, `${field}.key`));
    if (keys.has(key)) errors.push(duplicate(`${field}.key`, key));
    keys.add(key);
    return errors;
  });
}
