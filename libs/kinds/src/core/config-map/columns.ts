import type { Column } from '../../contract.ts';
import { age } from '../../rules/columns.ts';
import type { ConfigMap } from '#api/types';

const count = (map: Record<string, string> | undefined): number => Object.keys(map ?? {}).length;

export const columns: readonly Column<ConfigMap>[] = [
  { name: 'Data', type: 'string', value: (configMap) => count(configMap.data) + count(configMap.binaryData) },
  age,
];
