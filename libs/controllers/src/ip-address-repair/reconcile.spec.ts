import type { IPAddress, Service } from '#api/types';
import { reconcile } from './reconcile.ts';

const now = new Date('2026-01-01T00:02:00Z');
const old = '2026-01-01T00:00:00Z';
const service = (...clusterIPs: string[]): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'default' },
  spec: { clusterIPs },
});
const record = (name: string, creationTimestamp = old): IPAddress => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'IPAddress',
  metadata: { name, creationTimestamp },
  spec: { parentRef: { resource: 'services', namespace: 'default', name: 'web' } },
});
const plan = (of: Service | undefined, records: IPAddress[], claimed: IPAddress[] = records) => {
  const { actions, requeueAfterMs } = reconcile({ namespace: 'default', name: 'web', service: of, records, claimed }, now);
  return [
    ...actions.map((action) => `${action.do} ${action.record.metadata.name}: ${action.message}`),
    ...(requeueAfterMs ? [`in ${requeueAfterMs}`] : []),
  ];
};
const gone = 'for Service default/web appears to have leaked: cleaning up';
const wrong = 'for Service default/web has a wrong reference; cleaning up';

describe('records of cluster IPs', () => {
  it.each<[string, string[], string[]]>([
    ['are left alone where they are right', plan(service('10.96.0.5', 'fd00::5'), [record('10.96.0.5'), record('fd00::5')]), []],
    ['are none of a headless service', plan(service('None'), []), []],
    [
      'are made where they lack, in one spelling',
      plan(service('10.96.0.5', 'FD00:0::5'), [record('10.96.0.5')]),
      ['create fd00::5: Cluster IP [IPv6]: fd00::5 is not allocated; repairing'],
    ],
    ['go with their service', plan(undefined, [], [record('10.96.0.5')]), [`delete 10.96.0.5: IPAddress: 10.96.0.5 ${gone}`]],
    [
      'go when their service has another address',
      plan(service('10.96.0.6'), [record('10.96.0.6')], [record('10.96.0.5'), record('10.96.0.6')]),
      [`delete 10.96.0.5: IPAddress: 10.96.0.5 ${wrong}`],
    ],
    ['are given a minute for their service to be seen', plan(undefined, [], [record('10.96.0.5', '2026-01-01T00:01:30Z')]), ['in 30000']],
  ])('%s', (_what, got, want) => expect(got).toEqual(want));

  it('say whose they are, and of which family', () => {
    const { actions } = reconcile({ namespace: 'default', name: 'web', service: service('fd00::5'), records: [], claimed: [] }, now);
    expect(actions[0]?.record).toMatchObject({
      metadata: { labels: { 'ipaddress.kubernetes.io/ip-family': 'IPv6', 'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io' } },
      spec: { parentRef: { resource: 'services', namespace: 'default', name: 'web' } },
    });
  });
});
