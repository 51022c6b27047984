import type { Job } from '#api/types';
import { job } from '../testing/jobs.ts';
import { reconcile } from './reconcile.ts';

const now = new Date('2026-01-01T01:00:00Z');
const ended = (type: string, at: string, ttlSecondsAfterFinished?: number): Job =>
  job({ ttlSecondsAfterFinished }, { status: { conditions: [{ type, status: 'True', lastTransitionTime: at }] } });
const early = '2026-01-01T00:59:00Z';

it.each<[string, Job, { deletes: number; after?: number }]>([
  ['is kept without a time', ended('Complete', early), { deletes: 0 }],
  ['is kept until its time is over', ended('Complete', early, 90), { deletes: 0, after: 30_000 }],
  ['goes when its time is over', ended('Complete', early, 60), { deletes: 1 }],
  ['goes after failure too', ended('Failed', early, 0), { deletes: 1 }],
  ['is kept while it runs', ended('SuccessCriteriaMet', early, 0), { deletes: 0 }],
  ['goes once', { ...ended('Complete', early, 0), metadata: { name: 'j', deletionTimestamp: early } }, { deletes: 0 }],
])('a Job %s', (_name, of, { deletes, after }) => {
  const plan = reconcile(of, now);
  expect([plan.actions.length, plan.requeueAfterMs]).toEqual([deletes, after]);
});
