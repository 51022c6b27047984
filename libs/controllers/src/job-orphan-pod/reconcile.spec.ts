import { ended, job, podOf } from '../testing/jobs.ts';
import { reconcile, type Seen } from './reconcile.ts';

const tracked = podOf('a', ended(0));
const owner = { apiVersion: 'batch/v1', kind: 'Job', name: 'j', uid: 'job-1', controller: true };
const ownedBy = (changes: object): Seen['pod'] => ({
  ...tracked,
  metadata: { ...tracked.metadata, ownerReferences: [{ ...owner, ...changes }] },
});
const finished = { conditions: [{ type: 'Complete', status: 'True' }] };

it.each<[string, Seen, number]>([
  ['has no owner', { pod: { ...tracked, metadata: { ...tracked.metadata, ownerReferences: [] } }, job: undefined }, 1],
  ['has a Job that is gone', { pod: tracked, job: undefined }, 1],
  ['has a Job that is finished', { pod: tracked, job: job({}, { status: finished }) }, 1],
  ['has a Job that counts it', { pod: tracked, job: job() }, 0],
  ['has a Job that another manages', { pod: tracked, job: job({ managedBy: 'acme.io/x' }, { status: finished }) }, 0],
  ['has an owner of another kind', { pod: ownedBy({ kind: 'Workflow', apiVersion: 'acme.io/v1' }), job: undefined }, 0],
  ['has an owner of another group', { pod: ownedBy({ apiVersion: 'acme.io/v1' }), job: undefined }, 0],
  ['is let go of already', { pod: { ...tracked, metadata: { ...tracked.metadata, finalizers: [] } }, job: undefined }, 0],
])('a pod that %s: %j', (_name, seen, count) => expect(reconcile(seen).actions).toHaveLength(count));
