import type { ConfigMap, Secret } from '#api/types';
import { detachedSignature } from '#pki';
import { reconcile } from './reconcile.ts';

const now = new Date('2026-06-01T00:00:00Z');
const map = (data?: Record<string, string>): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace: 'kube-public', name: 'cluster-info' },
  ...(data && { data }),
});
const token = (id: string, data: Record<string, string> = {}): Secret => ({
  apiVersion: 'v1',
  kind: 'Secret',
  type: 'bootstrap.kubernetes.io/token',
  metadata: { namespace: 'kube-system', name: `bootstrap-token-${id}` },
  data: Object.fromEntries(
    Object.entries({ 'token-id': id, 'token-secret': '0123456789abcdef', 'usage-bootstrap-signing': 'true', ...data }).map(
      ([key, text]) => [key, btoa(text)],
    ),
  ),
});
const signature = (id: string): string => detachedSignature('k', { id, secret: '0123456789abcdef' });
const a = { 'jws-kubeconfig-aaaaaa': signature('aaaaaa') };
const b = { 'jws-kubeconfig-bbbbbb': signature('bbbbbb') };

it.each<[string, Record<string, string> | undefined, Secret[], Record<string, string> | undefined]>([
  [
    'is signed by each token',
    { kubeconfig: 'k', other: 'x' },
    [token('aaaaaa'), token('bbbbbb')],
    { kubeconfig: 'k', other: 'x', ...a, ...b },
  ],
  ['is left alone when it is signed', { kubeconfig: 'k', ...a }, [token('aaaaaa')], undefined],
  ['is signed anew when it changed', { kubeconfig: 'k', 'jws-kubeconfig-aaaaaa': 'old' }, [token('aaaaaa')], { kubeconfig: 'k', ...a }],
  ['loses what tokens that are gone have signed', { kubeconfig: 'k', ...a, ...b }, [token('bbbbbb')], { kubeconfig: 'k', ...b }],
  ['is not signed by tokens for other uses', { kubeconfig: 'k' }, [token('aaaaaa', { 'usage-bootstrap-signing': 'false' })], undefined],
  [
    'is not signed by tokens that are over',
    { kubeconfig: 'k', ...a },
    [token('aaaaaa', { expiration: '2026-05-01T00:00:00Z' })],
    { kubeconfig: 'k' },
  ],
  ['is not signed when it says nothing', { other: 'x' }, [token('aaaaaa')], undefined],
  ['is not signed when it is empty', undefined, [token('aaaaaa')], undefined],
])('where the cluster is %s', (_name, data, tokens, want) => {
  const { actions } = reconcile({ clusterInfo: map(data), tokens }, now);
  expect(actions).toEqual(want ? [{ do: 'update', clusterInfo: map(want) }] : []);
});
