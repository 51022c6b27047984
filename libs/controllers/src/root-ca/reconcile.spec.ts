import type { Namespace } from '#api/types';
import { reconcile } from './reconcile.ts';

const namespace: Namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'a' }, spec: {} };
const made = reconcile({ namespace, rootCa: 'PEM' }).actions[0]!.configMap;

describe('root CA publisher', () => {
  it('puts the authority into every namespace', () => {
    expect(made).toMatchObject({ kind: 'ConfigMap', metadata: { namespace: 'a', name: 'kube-root-ca.crt' }, data: { 'ca.crt': 'PEM' } });
  });

  it('mends what somebody changed, and leaves what is right', () => {
    expect(reconcile({ namespace, configMap: made, rootCa: 'PEM' }).actions).toEqual([]);
    const changed = { ...made, data: { 'ca.crt': 'other' } };
    expect(reconcile({ namespace, configMap: changed, rootCa: 'PEM' }).actions).toEqual([{ do: 'update', configMap: made }]);
  });
});
