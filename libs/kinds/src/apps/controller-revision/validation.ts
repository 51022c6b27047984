import { type FieldError, required } from '#api';
import type { ControllerRevision } from '#api/types';
import { nonNegative } from '../../rules/checks.ts';
import { immutableField } from '../../rules/equality.ts';

export function validateControllerRevision({ data, revision }: ControllerRevision): FieldError[] {
  return [...(data === undefined || data === null ? [required('data', 'data is mandatory')] : []), ...nonNegative(revision, 'revision')];
}

export const validateControllerRevisionUpdate = (next: ControllerRevision, previous: ControllerRevision): FieldError[] =>
  immutableField(next.data, previous.data, 'data');
