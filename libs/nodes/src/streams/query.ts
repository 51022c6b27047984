import { BadValue, badRequest, utcOf } from '#api';

/** As upstream converts query parameters: only absence, "false" and "0" are false. */
export function booleanOf(query: URLSearchParams, name: string): boolean {
  const value = query.get(name);
  return value !== null && value.toLowerCase() !== 'false' && value !== '0';
}

/** Undefined when absent. Throws ApiError 400 when it is no 64-bit integer. */
export function integerOf(query: URLSearchParams, name: string): bigint | undefined {
  const value = query.get(name);
  if (value === null) return undefined;
  if (!/^[-+]?\d+$/.test(value)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`);
  const number = BigInt(value);
  if (BigInt.asIntN(64, number) !== number) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(value)}: value out of range`);
  return number;
}

/** Undefined when absent, '' for what stands for no time. Throws ApiError 400. `k8s.io/apimachinery/pkg/apis/meta/v1.Time.UnmarshalQueryParameter` */
export function timeOf(query: URLSearchParams, name: string): string | undefined {
  const value = query.get(name);
  if (value === null) return undefined;
  if (value === '' || value === 'null') return '';
  try {
    const { seconds, fraction } = utcOf(value);
    return `${seconds}${fraction}Z`;
  } catch (err) {
    if (err instanceof BadValue) throw badRequest(err.message, err);
    throw err;
  }
}
