import type { Secret } from '#api/types';
import { type Action, reconcile } from './reconcile.ts';

const now = new Date('2026-06-01T00:00:00Z');
const secret = (expiration: string | undefined, metadata: object = {}): Secret => ({
  apiVersion: 'v1',
  kind: 'Secret',
  type: 'bootstrap.kubernetes.io/token',
  metadata: { namespace: 'kube-system', name: 'bootstrap-token-abcdef', ...metadata },
  ...(expiration !== undefined && { data: { expiration: btoa(expiration) } }),
});
const gone = (given: Secret): { actions: Action[] } => ({ actions: [{ do: 'delete', secret: given }] });

it.each<[string, Secret, (given: Secret) => object]>([
  ['without an end', secret(undefined), () => ({ actions: [] })],
  ['that ends in a minute', secret('2026-06-01T00:01:00Z'), () => ({ actions: [], requeueAfterMs: 60_000 })],
  ['that is over', secret('2026-06-01T00:00:00Z'), gone],
  ['that ends at no time', secret('soon'), gone],
  ['that is going', secret('2026-05-01T00:00:00Z', { deletionTimestamp: '2026-06-01T00:00:00Z' }), () => ({ actions: [] })],
])('a token %s', (_name, given, want) => expect(reconcile(given, now)).toEqual(want(given)));
