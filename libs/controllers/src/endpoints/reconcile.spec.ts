import type { Endpoints, Pod } from '#api/types';
import { pod, readyPod, service } from '../testing/small-cluster.ts';
import { reconcile, type Seen } from './reconcile.ts';

const now = new Date('2026-01-01T00:00:00Z');
const podAt = (name: string, podIP: string): Pod => readyPod({ ...pod(name, {}, { uid: `u-${name}` }), status: { podIP } }, now);
const notReady = (p: Pod): Pod => ({ ...p, status: { ...p.status, conditions: [{ type: 'Ready', status: 'False' }] } });
const going = (p: Pod): Pod => ({ ...p, metadata: { ...p.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } });
const address = (name: string, ip: string) => ({
  ip,
  nodeName: 'n1',
  targetRef: { kind: 'Pod', namespace: 'default', name, uid: `u-${name}` },
});
const ports = [{ name: 'http', port: 8080, protocol: 'TCP' }];

function made(seen: Partial<Seen>): Endpoints | undefined {
  return reconcile({ service: service(), pods: [], ...seen }).actions[0]?.endpoints;
}

describe('Endpoints of a service', () => {
  it('list ready and other addresses in order, without those that are going', () => {
    const pods = [podAt('b', '10.0.0.2'), podAt('a', '10.0.0.1'), notReady(podAt('c', '10.0.0.3')), going(podAt('d', '10.0.0.4'))];
    expect(made({ pods })).toEqual({
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: {
        namespace: 'default',
        name: 'web',
        labels: { 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' },
        annotations: {},
      },
      subsets: [{ addresses: [address('a', '10.0.0.1'), address('b', '10.0.0.2')], notReadyAddresses: [address('c', '10.0.0.3')], ports }],
    });
  });

  it('show all addresses as ready when the service publishes them', () => {
    const pods = [notReady(podAt('a', '10.0.0.1')), going(podAt('b', '10.0.0.2'))];
    const subsets = made({ service: service({ publishNotReadyAddresses: true }), pods })?.subsets;
    expect(subsets).toEqual([{ addresses: [address('a', '10.0.0.1'), address('b', '10.0.0.2')], ports }]);
  });

  it('have no subset without pods, and are there all the same', () => {
    expect(made({})?.subsets).toEqual([]);
  });

  it('list a headless service without ports', () => {
    const headless = service({ clusterIP: 'None', ports: [] });
    expect(made({ service: headless, pods: [podAt('a', '10.0.0.1')] })?.subsets).toEqual([{ addresses: [address('a', '10.0.0.1')] }]);
  });

  it('hold 1000 addresses at most and say so', () => {
    const pods = Array.from({ length: 1200 }, (_, i) => podAt(`p${i}`, `10.${Math.floor(i / 250)}.0.${(i % 250) + 1}`));
    const endpoints = made({ pods });
    expect(endpoints?.subsets?.[0]?.addresses).toHaveLength(1000);
    expect(endpoints?.metadata.annotations).toEqual({ 'endpoints.kubernetes.io/over-capacity': 'truncated' });
  });

  it('change nothing when nothing has changed', () => {
    const seen: Seen = { service: service(), pods: [podAt('a', '10.0.0.1')] };
    expect(reconcile({ ...seen, endpoints: made(seen) }).actions).toEqual([]);
  });

  it.each([
    ['their own go with the service', { 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' }, ['delete']],
    ['those made by hand stay', undefined, []],
  ])('%s', (_case, labels, want) => {
    const endpoints: Endpoints = { apiVersion: 'v1', kind: 'Endpoints', metadata: { name: 'web', namespace: 'default', labels } };
    expect(reconcile({ pods: [], endpoints }).actions.map((action) => action.do)).toEqual(want);
  });
});
