import type { CronJob } from '#api/types';
import type { KindDefinition } from '../../contract.ts';
import { columns } from './columns.ts';
import { applyCronJobDefaults, prepareStatus, strategy } from './strategy.ts';
import { validateCronJob, validateCronJobCreate } from './validation.ts';

export const cronJob: KindDefinition<CronJob> = {
  gvk: { group: 'batch', version: 'v1', kind: 'CronJob' },
  scope: 'Namespaced',
  names: { plural: 'cronjobs', singular: 'cronjob', shortNames: ['cj'], categories: ['all'] },
  applyDefaults: applyCronJobDefaults,
  validate: validateCronJob,
  validateCreate: validateCronJobCreate,
  strategy,
  columns,
  subresources: { status: { do: 'view', part: 'status', prepareForUpdate: prepareStatus } },
};
