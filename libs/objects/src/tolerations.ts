import type { Taint, Toleration } from '#api/types';
import { parseInteger } from './integer.ts';

/** What tolerations look at; `timeAdded` is for eviction alone. */
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

/** Both lists, without what another toleration of them covers: `k8s.io/kubernetes/pkg/util/tolerations`, MergeTolerations. */
export function mergeTolerations(first: readonly Toleration[], second: readonly Toleration[]): Toleration[] {
  const all = [...first, ...second];
  return all.filter(
    (toleration, i) => !all.some((other, k) => (k < i ? covers(other, toleration) : !same(other, toleration) && covers(other, toleration))),
  );
}

const same = (a: Toleration, b: Toleration): boolean =>
  (['key', 'operator', 'value', 'effect'] as const).every((field) => (a[field] ?? '') === (b[field] ?? '')) &&
  a.tolerationSeconds === b.tolerationSeconds;

/** Whether all that `less` tolerates is tolerated by `more` at least as long. */
function covers(more: Toleration, less: Toleration): boolean {
  if (same(more, less)) return true;
  const [key, effect] = [more.key ?? '', more.effect ?? ''];
  if (key !== (less.key ?? '') && !(key === '' && more.operator === 'Exists')) return false;
  if (effect !== '' && effect !== less.effect) return false;
  const seconds = effect === 'NoExecute' ? more.tolerationSeconds : undefined;
  if (seconds !== undefined && (less.tolerationSeconds === undefined || less.tolerationSeconds > seconds)) return false;
  if (more.operator === 'Exists') return true;
  return (more.operator ?? 'Equal') === 'Equal' && less.operator === 'Equal' && (more.value ?? '') === (less.value ?? '');
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
