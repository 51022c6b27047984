import type { PodDisruptionBudget } from '#api/types';
import type { Column } from '../../contract.ts';
import { age } from '../../rules/columns.ts';

const orNone = (amount: number | string | undefined): string => (amount === undefined ? 'N/A' : String(amount));

export const columns: readonly Column<PodDisruptionBudget>[] = [
  { name: 'Min Available', type: 'string', value: ({ spec }) => orNone(spec?.minAvailable) },
  { name: 'Max Unavailable', type: 'string', value: ({ spec }) => orNone(spec?.maxUnavailable) },
  { name: 'Allowed Disruptions', type: 'integer', value: ({ status }) => status?.disruptionsAllowed ?? 0 },
  age,
];
