import type { RuntimeClass } from '#api/types';
import type { Column } from '../../contract.ts';
import { age } from '../../rules/columns.ts';

export const columns: readonly Column<RuntimeClass>[] = [{ name: 'Handler', type: 'string', value: ({ handler }) => handler ?? '' }, age];
