import type { Secret } from '#api/types';
import type { KindDefinition } from '../../contract.ts';
import { columns } from './columns.ts';
import { mergeStringData } from './strategy.ts';
import { validateSecret, validateSecretUpdate } from './validation.ts';

export const secret: KindDefinition<Secret> = {
  gvk: { group: '', version: 'v1', kind: 'Secret' },
  scope: 'Namespaced',
  names: { plural: 'secrets', singular: 'secret' },
  applyDefaults: mergeStringData,
  validate: validateSecret,
  validateUpdate: validateSecretUpdate,
  updateRulesFirst: true,
  columns,
  selectableFields: { type: ({ type }) => type ?? '' },
  sealed: true,
};
