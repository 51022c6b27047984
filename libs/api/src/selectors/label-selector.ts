import { lookUp } from '#base';
import { type FieldError, forbiddenField, invalidValue, required } from '../meta/field-error.ts';
import { isQualifiedName, isValidLabelValue } from '../validation/names.ts';
import { validateLabelName, validateLabels } from '../validation/object-meta.ts';

export type Labels = Readonly<Record<string, string>>;

export type RequirementOperator = '=' | '==' | '!=' | 'in' | 'notin' | 'exists' | '!' | 'gt' | 'lt';

export interface Requirement {
  key: string;
  operator: RequirementOperator;
  /** Sorted, each once. */
  values: readonly string[];
}

/** meta/v1 LabelSelector. */
export interface LabelSelectorObject {
  matchLabels?: Labels;
  matchExpressions?: readonly { key: string; operator: string; values?: readonly string[] }[];
}

/** Requirements that must all hold. `k8s.io/apimachinery/pkg/labels`. */
export class LabelMatcher {
  readonly requirements: readonly Requirement[];

  constructor(requirements: readonly Requirement[]) {
    this.requirements = requirements.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  }

  /** No requirement: everything matches. */
  get empty(): boolean {
    return this.requirements.length === 0;
  }

  matches(labels: Labels | undefined | null): boolean {
    for (const requirement of this.requirements) if (!holds(requirement, labels)) return false;
    return true;
  }

  /** The form of the `labelSelector` parameter; `parseLabelSelector` reads it back. */
  toString(): string {
    return this.requirements.map(textOf).join(',');
  }
}

/** What a missing selector means: it matches nothing (an empty one matches everything). */
export const matchesNothing: Pick<LabelMatcher, 'matches' | 'empty' | 'toString'> = {
  empty: false,
  matches: () => false,
  toString: () => '<none>',
};

function holds({ key, operator, values }: Requirement, labels: Labels | undefined | null): boolean {
  const value = lookUp(labels, key);
  switch (operator) {
    case '=':
    case '==':
    case 'in':
      return value !== undefined && values.includes(value);
    case '!=':
    case 'notin':
      return value === undefined || !values.includes(value);
    case 'exists':
      return value !== undefined;
    case '!':
      return value === undefined;
    default: {
      if (value === undefined || !isInt64(value)) return false;
      const [number, limit] = [BigInt(value), BigInt(values[0]!)];
      return operator === 'gt' ? number > limit : number < limit;
    }
  }
}

function textOf({ key, operator, values }: Requirement): string {
  switch (operator) {
    case 'exists':
      return key;
    case '!':
      return `!${key}`;
    case 'in':
    case 'notin':
      return `${key} ${operator} (${values.join(',')})`;
    case 'gt':
      return `${key}>${values[0]}`;
    case 'lt':
      return `${key}<${values[0]}`;
    default:
      return `${key}${operator}${values[0]}`;
  }
}

const isInt64 = (text: string): boolean =>
  /^[+-]?\d{1,19}$/.test(text) && BigInt.asIntN(64, BigInt(text.replace('+', ''))) === BigInt(text.replace('+', ''));

/** Checks one requirement; the complaints have upstream's words and `key`, `values[0]` as fields. */
export function checkRequirement({ key, operator, values }: Requirement): FieldError[] {
  const errors: FieldError[] = [];
  const keyErrors = isQualifiedName(key);
  if (keyErrors.length) errors.push(invalidValue('key', key, keyErrors.join('; ')));
  if ((operator === 'in' || operator === 'notin') && values.length === 0) {
    errors.push(invalidValue('values', values, "for 'in', 'notin' operators, values set can't be empty"));
  }
  if (operator === 'gt' || operator === 'lt') {
    values.forEach((v, i) => {
      if (!isInt64(v)) errors.push(invalidValue(`values[${i}]`, v, "for 'Gt', 'Lt' operators, the value must be an integer"));
    });
  }
  if ((operator === 'exists' || operator === '!') && values.length > 0) {
    errors.push(invalidValue('values', values, 'values set must be empty for exists and does not exist'));
  }
  values.forEach((v, i) => {
    const messages = isValidLabelValue(v);
    if (messages.length) errors.push(invalidValue(`values[${i}][${key}]`, v, messages.join('; ')));
  });
  return errors;
}

const operators: Readonly<Record<string, RequirementOperator>> = { In: 'in', NotIn: 'notin', Exists: 'exists', DoesNotExist: '!' };
const compiled = new WeakMap<LabelSelectorObject, LabelMatcher>();

/**
 * The matcher of a LabelSelector in an object; undefined or null matches nothing, `{}` everything. An operator that does not exist
 * matches nothing: validation refuses it before. The result is kept as long as the selector object is.
 */
export function labelMatcher(selector: LabelSelectorObject | undefined | null): Pick<LabelMatcher, 'matches' | 'empty' | 'toString'> {
  if (!selector) return matchesNothing;
  const known = compiled.get(selector);
  if (known) return known;
  const requirements: Requirement[] = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => ({
    key,
    operator: '=',
    values: [value],
  }));
  for (const { key, operator, values } of selector.matchExpressions ?? []) {
    const known = lookUp(operators, operator);
    if (!known) return matchesNothing;
    requirements.push({ key, operator: known, values: [...new Set(values)].toSorted() });
  }
  const matcher = new LabelMatcher(requirements);
  compiled.set(selector, matcher);
  return matcher;
}

/** Whether a LabelSelector (meta/v1) chooses these labels. */
export function selectorMatches(selector: LabelSelectorObject | undefined | null, labels: Labels | undefined | null): boolean {
  return labelMatcher(selector).matches(labels);
}

/** A plain map of labels, as Services and ReplicationControllers have: all must be there. An empty or missing one matches nothing here. */
export function labelsContain(labels: Labels | undefined | null, wanted: Labels | undefined | null): boolean {
  const entries = Object.entries(wanted ?? {});
  return entries.length > 0 && entries.every(([key, value]) => lookUp(labels, key) === value);
}

/** Rules for a LabelSelector in an object. */
export function validateLabelSelector(selector: LabelSelectorObject | undefined | null, field: string): FieldError[] {
  if (!selector) return [];
  const errors = validateLabels(selector.matchLabels, `${field}.matchLabels`);
  (selector.matchExpressions ?? []).forEach(({ key, operator, values = [] }, i) => {
    const at = `${field}.matchExpressions[${i}]`;
    if (operator === 'In' || operator === 'NotIn') {
      if (values.length === 0) errors.push(required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
    } else if (operator === 'Exists' || operator === 'DoesNotExist') {
      if (values.length > 0) {
        errors.push(forbiddenField(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
      }
    } else errors.push(invalidValue(`${at}.operator`, operator, 'not a valid selector operator'));
    errors.push(...validateLabelName(key, `${at}.key`));
    values.forEach((v, j) => errors.push(...isValidLabelValue(v).map((m) => invalidValue(`${at}.values[${j}]`, v, m))));
  });
  return errors;
}
