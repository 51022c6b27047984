import { lookUp } from '#base';
import { compareQuantities, duplicate, type FieldError, forbiddenField, invalidValue, isQualifiedName, required } from '#api';
import type { LimitRange, LimitRangeItem } from '#api/types';
import { complaints } from '../../rules/checks.ts';
import { nanosOf } from '../../rules/quantities.ts';
import { isOvercommittable, validateContainerResourceName, validateResourceName } from '../pod/spec/resources.ts';

const types = ['Container', 'PersistentVolumeClaim', 'Pod'];
const lists = ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const;

/** `k8s.io/kubernetes/pkg/apis/core/validation`, ValidateLimitRange. */
export function validateLimitRange({ spec }: LimitRange): FieldError[] {
  const seen = new Set<string>();
  return (spec?.limits ?? []).flatMap((item, i) => {
    const path = `spec.limits[${i}]`;
    const errors = [
      ...validateType(item.type ?? '', `${path}.type`),
      ...(seen.has(item.type) ? [duplicate(`${path}.type`, item.type)] : []),
    ];
    seen.add(item.type);
    return [...errors, ...validateItem(item, path)];
  });
}

function validateType(type: string, field: string): FieldError[] {
  const errors = complaints(isQualifiedName, type, field);
  if (errors.length > 0 || type.includes('/') || types.includes(type)) return errors;
  return [invalidValue(field, type, 'must be a standard limit type or fully qualified')];
}

function validateItem(item: LimitRangeItem, path: string): FieldError[] {
  const check = item.type === 'Pod' || item.type === 'Container' ? validateContainerResourceName : validateResourceName;
  const isPod = item.type === 'Pod';
  const used = lists.filter((list) => !(isPod && (list === 'default' || list === 'defaultRequest')));
  const names = new Set(used.flatMap((list) => Object.keys(item[list] ?? {})));
  const isClaim = item.type === 'PersistentVolumeClaim' && item.min?.storage === undefined && item.max?.storage === undefined;
  return [
    ...used.flatMap((list) => Object.keys(item[list] ?? {}).flatMap((name) => check(name, `${path}.${list}[${name}]`))),
    ...(['default', 'defaultRequest'] as const).flatMap((list) =>
      isPod && Object.keys(item[list] ?? {}).length > 0
        ? [forbiddenField(`${path}.${list}`, "may not be specified when `type` is 'Pod'")]
        : [],
    ),
    ...(isClaim ? [required(`${path}.limits`, 'either minimum or maximum storage value is required, but neither was provided')] : []),
    ...[...names].flatMap((name) => validateOrder(item, name, path)),
  ];
}

/** min ≤ default request ≤ default limit ≤ max. */
function validateOrder(item: LimitRangeItem, name: string, path: string): FieldError[] {
  const [min, max, limit, request, ratio] = [item.min, item.max, item.default, item.defaultRequest, item.maxLimitRequestRatio].map((l) =>
    lookUp(l, name),
  );
  const above = (a: string | undefined, b: string | undefined): boolean =>
    a !== undefined && b !== undefined && compareQuantities(a, b) > 0;
  const at = (list: string): string => `${path}.${list}[${name}]`;
  const errors: FieldError[] = [];
  if (above(min, max)) errors.push(invalidValue(at('min'), min, `min value ${min} is greater than max value ${max}`));
  if (above(min, request))
    errors.push(invalidValue(at('defaultRequest'), request, `min value ${min} is greater than default request value ${request}`));
  if (above(request, max))
    errors.push(invalidValue(at('defaultRequest'), request, `default request value ${request} is greater than max value ${max}`));
  if (above(request, limit)) {
    errors.push(
      invalidValue(at('defaultRequest'), request, `default request value ${request} is greater than default limit value ${limit}`),
    );
  }
  if (above(min, limit)) errors.push(invalidValue(at('default'), min, `min value ${min} is greater than default value ${limit}`));
  if (above(limit, max)) errors.push(invalidValue(at('default'), max, `default value ${limit} is greater than max value ${max}`));
  return [
    ...errors,
    ...validateRatio({ ratio, min, max }, at('maxLimitRequestRatio')),
    ...validateFixed({ name, limit, request }, at('defaultRequest')),
  ];
}

function validateRatio({ ratio, min, max }: { ratio?: string; min?: string; max?: string }, field: string): FieldError[] {
  if (ratio === undefined) return [];
  const number = (text: string): number => Number(nanosOf(text) ?? 0n);
  const errors = compareQuantities(ratio, '1') < 0 ? [invalidValue(field, ratio, `ratio ${ratio} is less than 1`)] : [];
  if (min === undefined || max === undefined) return errors;
  const most = number(max) / number(min);
  return number(ratio) / 1e9 > most
    ? [...errors, invalidValue(field, ratio, `ratio ${ratio} is greater than max/min = ${most.toFixed(6)}`)]
    : errors;
}

function validateFixed({ name, limit, request }: { name: string; limit?: string; request?: string }, field: string): FieldError[] {
  if (isOvercommittable(name) || limit === undefined || request === undefined || compareQuantities(limit, request) === 0) return [];
  return [invalidValue(field, request, `default value ${limit} must equal to defaultRequest value ${request} in ${name}`)];
}
