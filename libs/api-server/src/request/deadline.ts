import { lookUp } from '#base';
import { ApiError, badRequest } from '#api';
import type { Clock } from '#base';

/** Upstream's `--request-timeout`. */
const LONGEST_MS = 60_000;

const unitMs: Readonly<Record<string, number>> = { h: 3.6e6, m: 6e4, s: 1e3, ms: 1, us: 1e-3, µs: 1e-3, ns: 1e-6 };
const duration = /^[+-]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:h|ms|m|s|us|\u00b5s|ns))+)$/;

/** How long a request may take: `?timeout=` where it is shorter. Throws ApiError 400. `k8s.io/apiserver/pkg/endpoints/filters`, WithRequestDeadline. */
export function requestTimeoutMs(query: URLSearchParams): number {
  const text = query.get('timeout');
  if (!text) return LONGEST_MS;
  if (!duration.test(text))
    throw badRequest(`invalid timeout specified in the request URL - time: invalid duration ${JSON.stringify(text)}`);
  let wantedMs = 0;
  for (const [, number, unit] of text.matchAll(/([\d.]+)(h|ms|m|s|us|\u00b5s|ns)/g)) wantedMs += Number(number) * lookUp(unitMs, unit!)!;
  return wantedMs > 0 && !text.startsWith('-') ? Math.min(wantedMs, LONGEST_MS) : LONGEST_MS;
}

/** The answer, or ApiError 504 when it takes too long: what was begun goes on, and nobody waits for it. */
export async function inTime<T>(clock: Clock, limitMs: number, answer: Promise<T>): Promise<T> {
  let cancel = (): void => undefined;
  const late = new Promise<never>((_, reject) => (cancel = clock.after(limitMs, () => reject(tooLate()))));
  try {
    return await Promise.race([answer, late]);
  } finally {
    cancel();
  }
}

function tooLate(): ApiError {
  const message = 'Timeout: request did not complete within requested timeout - context deadline exceeded';
  return new ApiError({ code: 504, reason: 'Timeout', message, details: {} });
}
