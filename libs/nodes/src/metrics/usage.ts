import { formatQuantity, type KubeObject, quantityOf } from '#api';
import type { ClusterView } from '#api-server/contract';
import type { Nodes } from '#api-server';
import type { Clock } from '#base';
import type { KindDefinition } from '#kinds/contract';
import type { nodeSession } from '#proto';

export interface MetricsParts {
  sessions: Pick<Nodes['sessions'], 'usageOf'>;
  view: ClusterView;
  clock: Clock;
}

/** Amounts as the API writes them: `12345678n` of a processor, `20Mi`. */
export interface UsageAmounts {
  cpu: string;
  memory: string;
}

export const group = 'metrics.k8s.io';
export const version = 'v1beta1';

/** As metrics-server spells them: nanocores, and bytes in powers of two. */
export const amountsOf = ({ cpuNanoCores, memoryBytes }: nodeSession.Usage): UsageAmounts => ({
  cpu: formatQuantity({ nano: cpuNanoCores, format: 'DecimalSI' }),
  memory: formatQuantity(quantityOf(memoryBytes, 'BinarySI')),
});

/** Go's Duration.String, in milliseconds: `15.003s`, `1m0.5s`. */
export function windowOf({ windowMs }: nodeSession.Usage): string {
  const minutes = Math.floor(windowMs / 60_000);
  return `${minutes > 0 ? `${minutes}m` : ''}${(windowMs % 60_000) / 1000}s`;
}

/** Whole seconds, as meta/v1 Time. */
export const secondsOf = (time: string): string => time.replace(/\.\d+Z$/, 'Z');

/** What both kinds are: made on request, and read alone. */
export const readOnly = {
  verbs: ['get', 'list'],
  validate: () => [],
} as const satisfies Partial<KindDefinition<KubeObject>>;
