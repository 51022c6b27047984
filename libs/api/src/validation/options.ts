import { type FieldError, forbiddenField, invalidValue, notSupported, required } from '../meta/field-error.ts';
import { validateFieldManager } from './object-meta.ts';

/** The query parameters of a write: `k8s.io/apimachinery/pkg/apis/meta/v1/validation`. */
export interface WriteParameters {
  fieldManager?: string;
  fieldValidation?: string;
  dryRun?: readonly string[];
  force?: boolean;
}

const validateDryRun = (dryRun: readonly string[] | undefined): FieldError[] =>
  dryRun?.some((v) => v !== 'All') ? [notSupported('dryRun', dryRun, ['All'])] : [];

/** Of create and update. */
export function validateWriteParameters({ fieldManager = '', fieldValidation = '', dryRun }: WriteParameters): FieldError[] {
  const levels = ['', 'Ignore', 'Strict', 'Warn'];
  return [
    ...validateFieldManager(fieldManager, 'fieldManager'),
    ...validateDryRun(dryRun),
    ...(levels.includes(fieldValidation) ? [] : [notSupported('fieldValidation', fieldValidation, levels)]),
  ];
}

export function validatePatchParameters(parameters: WriteParameters, apply: boolean): FieldError[] {
  const errors: FieldError[] = [];
  if (apply && !parameters.fieldManager) errors.push(required('fieldManager', 'is required for apply patch'));
  if (!apply && parameters.force !== undefined) errors.push(forbiddenField('force', 'may not be specified for non-apply patch'));
  return [...errors, ...validateWriteParameters(parameters)];
}

export function validateDeleteOptions(options: {
  propagationPolicy?: string;
  orphanDependents?: boolean;
  dryRun?: readonly string[];
}): FieldError[] {
  const errors: FieldError[] = [];
  const { propagationPolicy, orphanDependents } = options;
  if (orphanDependents !== undefined && propagationPolicy !== undefined) {
    errors.push(invalidValue('propagationPolicy', propagationPolicy, 'orphanDependents and deletionPropagation cannot be both set'));
  }
  if (propagationPolicy !== undefined && !['Foreground', 'Background', 'Orphan'].includes(propagationPolicy)) {
    errors.push(notSupported('propagationPolicy', propagationPolicy, ['Foreground', 'Background', 'Orphan', 'nil']));
  }
  return [...errors, ...validateDryRun(options.dryRun)];
}
