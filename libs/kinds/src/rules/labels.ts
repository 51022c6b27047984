import { type FieldError, forbiddenField, invalidValue, required } from '#api';
import { complaints } from './checks.ts';
import { isLabelValue, isQualifiedName } from './names.ts';

export interface LabelSelector {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}

export const validateLabelName = (key: string, field: string): FieldError[] => complaints(isQualifiedName, key, field);

export function validateLabels(labels: Record<string, string> | undefined, field: string): FieldError[] {
  return Object.entries(labels ?? {}).flatMap(([key, value]) => [
    ...validateLabelName(key, field),
    ...isLabelValue(value).map((message) => invalidValue(field, value, message)),
  ]);
}

/** `k8s.io/apimachinery/pkg/apis/meta/v1/validation`, ValidateLabelSelector. */
export function validateLabelSelector(selector: LabelSelector | undefined, field: string): FieldError[] {
  if (!selector) return [];
  const expressions = (selector.matchExpressions ?? []).flatMap((requirement, i) => {
    const path = `${field}.matchExpressions[${i}]`;
    const values = requirement.values ?? [];
    return [
      ...validateOperator(requirement.operator, values, path),
      ...validateLabelName(requirement.key, `${path}.key`),
      ...values.flatMap((value, k) => complaints(isLabelValue, value, `${path}.values[${k}]`)),
    ];
  });
  return [...validateLabels(selector.matchLabels, `${field}.matchLabels`), ...expressions];
}

function validateOperator(operator: string, values: readonly string[], path: string): FieldError[] {
  switch (operator) {
    case 'In':
    case 'NotIn':
      return values.length === 0 ? [required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'")] : [];
    case 'Exists':
    case 'DoesNotExist':
      return values.length > 0
        ? [forbiddenField(`${path}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")]
        : [];
    default:
      return [invalidValue(`${path}.operator`, operator, 'not a valid selector operator')];
  }
}

export const isEmptySelector = (selector: LabelSelector | undefined): boolean =>
  Object.keys(selector?.matchLabels ?? {}).length === 0 && (selector?.matchExpressions ?? []).length === 0;

/** Whether the selector can be used at all: every operator known, with the values it needs. */
export const isUsableSelector = (selector: LabelSelector | undefined): boolean => validateLabelSelector(selector, '').length === 0;

export function selectorMatches(selector: LabelSelector | undefined, labels: Record<string, string> | undefined): boolean {
  if (!selector) return false;
  const has = (key: string): boolean => Object.hasOwn(labels ?? {}, key);
  if (Object.entries(selector.matchLabels ?? {}).some(([key, value]) => labels?.[key] !== value)) return false;
  return (selector.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
    switch (operator) {
      case 'In':
        return has(key) && values.includes(labels?.[key] ?? '');
      case 'NotIn':
        return !has(key) || !values.includes(labels?.[key] ?? '');
      case 'Exists':
        return has(key);
      case 'DoesNotExist':
        return !has(key);
      default:
        return false;
    }
  });
}

/** `app=x,tier in (a,b),!old`: what `kubectl get -o wide` and Scale show. */
export function formatSelector(selector: LabelSelector | undefined): string {
  if (!selector) return '';
  const equal = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => ({ key, text: `${key}=${value}` }));
  const others = (selector.matchExpressions ?? []).map(({ key, operator, values = [] }) => {
    const list = `(${values.toSorted().join(',')})`;
    const text = { In: `${key} in ${list}`, NotIn: `${key} notin ${list}`, Exists: key, DoesNotExist: `!${key}` }[operator] ?? key;
    return { key, text };
  });
  return [...equal, ...others]
    .toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ text }) => text)
    .join(',');
}

/** A map of labels as columns show it; `<none>` when there is none. */
export const formatLabels = (labels: Record<string, string> | undefined): string => {
  const pairs = Object.entries(labels ?? {}).toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return pairs.length === 0 ? '<none>' : pairs.map(([key, value]) => `${key}=${value}`).join(',');
};
