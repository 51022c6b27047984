import type { ServiceAccount } from '#api/types';
import type { KindDefinition } from '../../contract.ts';
import { columns } from './columns.ts';
import { requestToken } from './token.ts';

export const serviceAccount: KindDefinition<ServiceAccount> = {
  gvk: { group: '', version: 'v1', kind: 'ServiceAccount' },
  scope: 'Namespaced',
  names: { plural: 'serviceaccounts', singular: 'serviceaccount', shortNames: ['sa'] },
  validate: () => [],
  strategy: { returnsDeleted: true },
  columns,
  subresources: {
    token: { do: 'action', body: { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' }, run: requestToken },
  },
};
