import { serviceUnavailable } from '#api';
import { type Clock, withTimeLimit } from '#base';

export interface Sample {
  labels: Readonly<Record<string, string>>;
  value: number;
  /** Seconds since the epoch. */
  at: number;
}

/** The part of Prometheus' HTTP API that is asked. Each throws ApiError 503 when it does not answer. */
export interface PrometheusApi {
  /** Series that the selectors match, seen within the last `maxAgeMs`. */
  series(selector: string, maxAgeMs: number): Promise<Readonly<Record<string, string>>[]>;
  query(expression: string): Promise<Sample[]>;
}

const timeoutMs = 10_000;

export function prometheusApi(url: string, clock: Clock): PrometheusApi {
  const ask = async (path: string, parameters: Record<string, string>): Promise<unknown> => {
    try {
      return await withTimeLimit(clock, timeoutMs, async (signal) => {
        const response = await fetch(`${url.replace(/\/$/, '')}/api/v1/${path}?${new URLSearchParams(parameters).toString()}`, { signal });
        const answer = (await response.json()) as { status?: string; error?: string; data?: unknown };
        if (answer.status !== 'success') throw new Error(answer.error ?? `status ${response.status}`);
        return answer.data;
      });
    } catch (err) {
      throw serviceUnavailable(`unable to fetch metrics from Prometheus: ${(err as Error).message}`);
    }
  };
  return {
    async series(selector, maxAgeMs) {
      const start = String((clock.now().getTime() - maxAgeMs) / 1000);
      return (await ask('series', { 'match[]': selector, start })) as Record<string, string>[];
    },
    async query(expression) {
      const data = (await ask('query', { query: expression })) as {
        resultType: string;
        result: { metric: Record<string, string>; value: [number, string] }[];
      };
      if (data.resultType !== 'vector') return [];
      return data.result.map(({ metric, value: [at, value] }) => ({ labels: metric, at, value: Number(value) }));
    },
  };
}
