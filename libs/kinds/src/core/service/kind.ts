import type { Service } from '#api/types';
import type { KindDefinition } from '../../contract.ts';
import { allocate, allocateStatus } from './allocate.ts';
import { ipRecords } from '../../rules/service-ips.ts';
import { columns } from './columns.ts';
import { applyServiceDefaults, prepareStatus, strategy } from './strategy.ts';
import { validateService, validateServiceStatus, validateServiceUpdate } from './validation.ts';

export const service: KindDefinition<Service> = {
  gvk: { group: '', version: 'v1', kind: 'Service' },
  scope: 'Namespaced',
  names: { plural: 'services', singular: 'service', shortNames: ['svc'], categories: ['all'] },
  nameRule: 'dns-1035-label',
  applyDefaults: applyServiceDefaults,
  validate: validateService,
  validateUpdate: validateServiceUpdate,
  updateRulesFirst: true,
  strategy,
  columns,
  selectableFields: { 'spec.clusterIP': ({ spec }) => spec?.clusterIP ?? '', 'spec.type': ({ spec }) => spec?.type ?? '' },
  subresources: {
    status: {
      do: 'view',
      part: 'status',
      prepareForUpdate: prepareStatus,
      validateUpdate: validateServiceStatus,
      allocate: allocateStatus,
    },
    proxy: { do: 'connect', shape: 'relay', methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'] },
  },
  allocate,
  records: ipRecords,
};
