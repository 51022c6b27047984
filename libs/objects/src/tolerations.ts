import type { Taint, Toleration } from '#api/types';

export type TaintLike = Pick<Taint, 'key' | 'value' | 'effect'>;

/** Whether one of the tolerations lets a pod be where the taint is. */
export function tolerates(tolerations: readonly Toleration[] | undefined, taint: TaintLike): boolean {
  return (tolerations ?? []).some((toleration) => toleratesTaint(toleration, taint));
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
      return compared(taint.value, value) > 0;
    case 'Lt':
      return compared(taint.value, value) < 0;
    default:
      return false;
  }
}

/** KEP-5471: numbers; what is none tolerates nothing. */
function compared(taint: string | undefined, toleration: string | undefined): number {
  const [a, b] = [Number(taint), Number(toleration)];
  return taint && toleration && Number.isInteger(a) && Number.isInteger(b) ? a - b : Number.NaN;
}
