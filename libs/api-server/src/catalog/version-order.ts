/** `v2`, `v1`, `v2beta1`, `v1alpha3`, `other`: `k8s.io/apimachinery/pkg/version.CompareKubeAwareVersionStrings`, the preferred one first. */
export function newestVersionFirst(a: string, b: string): number {
  const [left, right] = [partsOf(a), partsOf(b)];
  if (!left || !right) return left ? -1 : right ? 1 : a < b ? -1 : Number(a > b);
  for (const [at, part] of left.entries()) if (part !== right[at]) return right[at]! - part;
  return 0;
}

const maturities = ['alpha', 'beta', ''];

/** How mature, which major version, which attempt at it; undefined for what is no such name. */
function partsOf(version: string): [number, number, number] | undefined {
  const found = /^v([1-9]\d*)(?:(alpha|beta)([1-9]\d*))?$/.exec(version);
  return found ? [maturities.indexOf(found[2] ?? ''), Number(found[1]), Number(found[3] ?? 0)] : undefined;
}
