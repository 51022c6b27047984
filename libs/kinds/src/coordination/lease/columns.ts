import type { Lease } from '#api/types';
import type { Column } from '../../contract.ts';
import { age } from '../../rules/columns.ts';

export const columns: readonly Column<Lease>[] = [{ name: 'Holder', type: 'string', value: ({ spec }) => spec?.holderIdentity ?? '' }, age];
