import type { KubeObject } from '#api';
import type { Scale } from '#api/types';
import type { Column } from '../contract.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
const year = 365 * day;

/** How kubectl shows a span of time: `k8s.io/apimachinery/pkg/util/duration`, HumanDuration. */
export function humanDuration(ms: number): string {
  if (ms < -second) return '<invalid>';
  if (ms < 0) return '0s';
  const whole = (unit: number): number => Math.floor(ms / unit);
  const two = (unit: number, name: string, small: number, smallName: string): string => {
    const rest = Math.floor((ms % unit) / small);
    return rest === 0 ? `${whole(unit)}${name}` : `${whole(unit)}${name}${rest}${smallName}`;
  };
  if (ms < 2 * minute) return `${whole(second)}s`;
  if (ms < 10 * minute) return two(minute, 'm', second, 's');
  if (ms < 3 * hour) return `${whole(minute)}m`;
  if (ms < 8 * hour) return two(hour, 'h', minute, 'm');
  if (ms < 2 * day) return `${whole(hour)}h`;
  if (ms < 8 * day) return two(day, 'd', hour, 'h');
  if (ms < 2 * year) return `${whole(day)}d`;
  if (ms < 8 * year) return two(year, 'y', day, 'd');
  return `${whole(year)}y`;
}

/** The time since `timestamp` (RFC 3339), or `<unknown>` when there is none. */
export function since(timestamp: string | undefined | null, now: Date): string {
  if (!timestamp) return '<unknown>';
  return humanDuration(now.getTime() - Date.parse(timestamp));
}

/** The column that most kinds end with. */
export const age: Column<KubeObject> = {
  name: 'Age',
  type: 'string',
  value: (object, now) => since(object.metadata.creationTimestamp, now),
};

/** `k8s.io/kubernetes/pkg/printers/internalversion`, scaleColumnDefinitions. */
export const scaleColumns: readonly Column<Scale>[] = [
  { name: 'Desired', type: 'integer', description: 'desired number of instances', value: ({ spec }) => spec?.replicas ?? 0 },
  { name: 'Available', type: 'integer', description: 'actual number of observed instances', value: ({ status }) => status?.replicas ?? 0 },
  age,
];
