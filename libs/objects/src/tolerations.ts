import type { Taint, Toleration } from '#api/types';
import { parseInteger } from './integer.ts';

export type TaintLike = Pick<Taint, 'key' | 'value' | 'effect'>;

/** Whether one of the tolerations lets a pod be where the taint is. */
export function tolerates(tolerations: readonly Toleration[] | undefined, taint: TaintLike): boolean {
  return (tolerations ?? []).some((toleration) => toleratesTaint(toleration, taint));
}

/** The first taint that keeps a pod away; PreferNoSchedule keeps none away. */
export function untoleratedTaint<T extends TaintLike>(
  tolerations: readonly Toleration[] | undefined,
  taints: readonly T[] = [],
): T | undefined {
  return taints.find((taint) => taint.effect !== 'PreferNoSchedule' && !tolerates(tolerations, taint));
}

/** core/v1 Toleration: an empty effect matches every effect, an empty key with Exists every taint. */
export function toleratesTaint({ key, operator, value, effect }: Toleration, taint: TaintLike): boolean {
  if (effect && effect !== taint.effect) return false;
  if (key && key !== taint.key) return false;
  switch (operator || 'Equal') {
    case 'Exists':
      return true;
    case 'Equal':
      return Boolean(key) && (value ?? '') === (taint.value ?? '');
    case 'Gt':
      return isMore(taint.value, value);
    case 'Lt':
      return isMore(value, taint.value);
    default:
      return false;
  }
}

/** KEP-5471: 64-bit numbers in their plain spelling; what is none tolerates nothing. */
function isMore(text: string | undefined, than: string | undefined): boolean {
  const [value, bound] = [plainInteger(text), plainInteger(than)];
  return value !== undefined && bound !== undefined && value > bound;
}

function plainInteger(text: string | undefined): bigint | undefined {
  const value = parseInteger(text);
  return String(value) === text ? value : undefined;
}
