import { volume } from '../testing/volumes.ts';
import { reconcile } from './reconcile.ts';

const protection = 'kubernetes.io/pv-protection';

it.each([
  ['is left alone while it stays', { finalizers: [protection] }, 'Bound', undefined],
  ['is protected afterwards', { finalizers: ['a/b'] }, 'Available', ['a/b', protection]],
  ['stays while it is bound', { finalizers: [protection], deletionTimestamp: 'x' }, 'Bound', undefined],
  ['goes when it is bound no more', { finalizers: [protection, 'a/b'], deletionTimestamp: 'x' }, 'Released', ['a/b']],
  ['is let go once', { finalizers: ['a/b'], deletionTimestamp: 'x' }, 'Released', undefined],
])('a volume %s', (_name, metadata, phase, want) => {
  const [action] = reconcile(volume('v', {}, { metadata: { name: 'v', ...metadata }, status: { phase } })).actions;
  expect(action?.object.metadata.finalizers).toEqual(want);
});
