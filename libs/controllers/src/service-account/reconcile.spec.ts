import type { Namespace } from '#api/types';
import { reconcile } from './reconcile.ts';

const namespace: Namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'a' }, spec: {} };
const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: 'a' } };

describe('service account controller', () => {
  it('makes the account `default`', () => {
    expect(reconcile({ namespace }).actions).toEqual([{ do: 'create', account }]);
  });

  it('leaves one that is there, and a namespace that is going', () => {
    expect(reconcile({ namespace, account }).actions).toEqual([]);
    const going = { ...namespace, metadata: { ...namespace.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } };
    expect(reconcile({ namespace: going }).actions).toEqual([]);
  });
});
