/**
 * One complaint about one field, `k8s.io/apimachinery/pkg/util/validation/field`. Messages have upstream's wording: people search
 * for it. `field` is a path such as `spec.template.spec.containers[0].name` or `metadata.labels` or `data[a b]`.
 */
export interface FieldError {
  type: FieldErrorType;
  field: string;
  /** The whole text after the field's name, e.g. `Invalid value: -1: must be greater than or equal to 0`. */
  message: string;
}

/** The `reason` of a `Status` cause. */
export type FieldErrorType =
  | 'FieldValueNotFound'
  | 'FieldValueRequired'
  | 'FieldValueDuplicate'
  | 'FieldValueInvalid'
  | 'FieldValueNotSupported'
  | 'FieldValueForbidden'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany'
  | 'FieldValueTypeInvalid'
  | 'InternalError';

/** Longer values are cut where they are shown. */
const maxShownChars = 64 * 1024;
let lastShown: { value: object; text: string } | undefined;

function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(cut(value));
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  // Many complaints may show one list.
  if (lastShown?.value !== value) lastShown = { value, text: cut(JSON.stringify(value)) };
  return lastShown.text;
}

const cut = (text: string): string => (text.length > maxShownChars ? `${text.slice(0, maxShownChars)}...` : text);
const withDetail = (head: string, detail: string): string => (detail ? `${head}: ${detail}` : head);

/** Its text is made when it is read: most of many are not. */
function complaint(type: FieldErrorType, field: string, text: () => string): FieldError {
  const error = {
    type,
    field,
    get message() {
      return text();
    },
  };
  if (noted) {
    if (noted.length >= maxErrors) throw new EnoughErrors();
    noted.push(error);
  }
  return error;
}

/** More than a person reads, and few enough to answer. */
const maxErrors = 500;
class EnoughErrors extends Error {}
/** What the running `errorsOf` was told so far. */
let noted: FieldError[] | undefined;

/** What the texts of an answer may take together. */
const maxTextChars = 1024 * 1024;

/** Upstream's words where it stops early: `k8s.io/apiextensions-apiserver`, pkg/registry/customresource. */
const notChecked: FieldError = {
  type: 'FieldValueInvalid',
  field: '<nil>',
  message:
    'Invalid value: "null": some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
};

/**
 * What validators complain of. They are stopped after some hundred complaints, which the last of the answer then says: a list of a
 * hundred thousand wrong items is neither worth the time nor the answer.
 */
export function errorsOf(validate: () => FieldError[]): FieldError[] {
  const outer = noted;
  noted = [];
  try {
    return validate();
  } catch (err) {
    if (err instanceof EnoughErrors) return [...noted, notChecked];
    throw err;
  } finally {
    noted = outer;
  }
}

/** The complaints with their texts made, as many as an answer has room for; where there are more, the last one says so. */
export function told(errors: readonly FieldError[]): FieldError[] {
  const texts: FieldError[] = [];
  let chars = 0;
  for (const { type, field, message } of errors) {
    chars += field.length + message.length;
    if (texts.length > 0 && chars > maxTextChars) return [...texts, notChecked];
    texts.push({ type, field: cut(field), message: cut(message) });
  }
  return texts;
}

/** The field is missing or empty, and must not be. */
export const required = (field: string, detail = ''): FieldError =>
  complaint('FieldValueRequired', field, () => withDetail('Required value', detail));
/** The value has the right type and is not allowed; `detail` says what would be. */
export const invalidValue = (field: string, value: unknown, detail: string): FieldError =>
  complaint('FieldValueInvalid', field, () => withDetail(`Invalid value: ${shown(value)}`, detail));
/** Of a part as a whole, whose value says nothing (`field.OmitValueType`). */
export const invalidState = (field: string, detail: string): FieldError =>
  complaint('FieldValueInvalid', field, () => withDetail('Invalid value', detail));
/** The value is of a type that the field cannot have. */
export const typeInvalid = (field: string, value: unknown, detail: string): FieldError =>
  complaint('FieldValueTypeInvalid', field, () => withDetail(`Invalid value: ${shown(value)}`, detail));
/** The value is none of a closed set; the message lists the set. */
export const notSupported = (field: string, value: unknown, supported: readonly string[]): FieldError =>
  complaint('FieldValueNotSupported', field, () =>
    withDetail(`Unsupported value: ${shown(value)}`, supported.length ? `supported values: ${supported.map(shown).join(', ')}` : ''),
  );
/** A second item where each may be there once. */
export const duplicate = (field: string, value: unknown): FieldError =>
  complaint('FieldValueDuplicate', field, () => `Duplicate value: ${shown(value)}`);
export const forbiddenField = (field: string, detail: string): FieldError =>
  complaint('FieldValueForbidden', field, () => withDetail('Forbidden', detail));
export const notFoundValue = (field: string, value: unknown): FieldError =>
  complaint('FieldValueNotFound', field, () => `Not found: ${shown(value)}`);
export const tooLong = (field: string, maxLength: number): FieldError =>
  complaint('FieldValueTooLong', field, () => `Too long: may not be more than ${maxLength} bytes`);
export const tooMany = (field: string, count: number, max: number): FieldError =>
  complaint('FieldValueTooMany', field, () => `Too many: ${count}: must have at most ${max} items`);
