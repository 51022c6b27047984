import type { KindDefinition } from '../../contract.ts';
import type { Namespace } from '#api/types';
import { columns } from './columns.ts';
import { prepareFinalize, prepareStatus, strategy, withNameLabel } from './strategy.ts';
import { validateNamespace, validateNamespaceStatus } from './validation.ts';

export const namespace: KindDefinition<Namespace> = {
  gvk: { group: '', version: 'v1', kind: 'Namespace' },
  scope: 'Cluster',
  names: { plural: 'namespaces', singular: 'namespace', shortNames: ['ns'] },
  nameRule: 'dns-label',
  verbs: ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'],
  applyDefaults: withNameLabel,
  validate: validateNamespace,
  strategy,
  columns,
  selectableFields: { 'status.phase': (object) => object.status?.phase ?? '' },
  subresources: {
    status: { do: 'view', part: 'status', prepareForUpdate: prepareStatus, validateUpdate: validateNamespaceStatus },
    finalize: { do: 'view', part: 'whole', methods: ['PUT'], prepareForUpdate: prepareFinalize, validateUpdate: validateNamespace },
  },
};
