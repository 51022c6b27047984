import type { Job } from '#api/types';
import type { KindDefinition } from '../../contract.ts';
import { columns } from './columns.ts';
import { validateJobStatus } from './status-validation.ts';
import { applyJobDefaults, prepareStatus, strategy } from './strategy.ts';
import { validateJobUpdate } from './update-validation.ts';
import { validateJob } from './validation.ts';

export const job: KindDefinition<Job> = {
  gvk: { group: 'batch', version: 'v1', kind: 'Job' },
  scope: 'Namespaced',
  names: { plural: 'jobs', singular: 'job', categories: ['all'] },
  applyDefaults: applyJobDefaults,
  validate: validateJob,
  validateUpdate: validateJobUpdate,
  strategy,
  columns,
  selectableFields: { 'status.successful': ({ status }) => String(status?.succeeded ?? 0) },
  subresources: { status: { do: 'view', part: 'status', prepareForUpdate: prepareStatus, validateUpdate: validateJobStatus } },
};
