import type { Endpoint, EndpointSlice, Service } from '#api/types';
import { serviceRoutes } from './service-routes.ts';

const service = (spec: Partial<Service['spec']> = {}, more: Partial<Service> = {}): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'default' },
  spec: {
    type: 'ClusterIP',
    clusterIP: '10.96.0.5',
    clusterIPs: ['10.96.0.5'],
    ports: [{ name: 'http', port: 80, protocol: 'TCP' }],
    ...spec,
  },
  ...more,
});
const slice = (...endpoints: Endpoint[]): EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name: 'web-1', namespace: 'default', labels: { 'kubernetes.io/service-name': 'web' } },
  addressType: 'IPv4',
  endpoints,
  ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
});
const at = (ip: string, nodeName: string, conditions: Endpoint['conditions'] = { ready: true, serving: true }): Endpoint => ({
  addresses: [ip],
  nodeName,
  conditions,
});
const terminating = { ready: false, serving: true, terminating: true };
const dead = { ready: false, serving: false, terminating: true };
const endpointsOf = (spec: Partial<Service['spec']>, ...endpoints: Endpoint[]) =>
  serviceRoutes([service(spec)], [slice(...endpoints)], { name: 'n1' })[0]!.endpoints;

describe('serviceRoutes', () => {
  it('joins a service with its endpoint slices, port by port', () => {
    const ports = [
      { name: 'http', port: 80 },
      { name: 'dns', port: 53, protocol: 'UDP' },
    ];
    const udp = { ...slice(at('10.244.1.4', 'n1')), ports: [{ name: 'dns', port: 5353, protocol: 'UDP' }] };
    expect(serviceRoutes([service({ ports })], [slice(at('10.244.1.2', 'n1'), at('10.244.2.3', 'n2')), udp], { name: 'n1' })).toEqual([
      expect.objectContaining({
        service: 'default/web',
        portName: 'http',
        protocol: 'TCP',
        clusterIps: ['10.96.0.5'],
        port: 80,
        endpoints: [
          { ip: '10.244.1.2', port: 8080, local: true },
          { ip: '10.244.2.3', port: 8080, local: false },
        ],
      }),
      expect.objectContaining({ portName: 'dns', protocol: 'UDP', endpoints: [{ ip: '10.244.1.4', port: 5353, local: true }] }),
    ]);
  });

  it.each<[string, Service]>([
    ['headless', service({ clusterIP: 'None', clusterIPs: ['None'] })],
    ['without an address yet', service({ clusterIP: '', clusterIPs: [] })],
    ['ExternalName', service({ type: 'ExternalName', externalName: 'x.org' })],
    [
      'of another proxy',
      service({}, { metadata: { name: 'web', namespace: 'default', labels: { 'service.kubernetes.io/service-proxy-name': 'x' } } }),
    ],
  ])('routes nothing for a service that is %s', (_name, given) => {
    expect(serviceRoutes([given], [slice(at('10.244.1.2', 'n1'))], { name: 'n1' })).toEqual([]);
  });

  it('uses ready endpoints; unset means ready', () => {
    expect(endpointsOf({}, at('1', 'n1', {}), at('2', 'n1', { ready: false }), at('3', 'n2', terminating)).map((e) => e.ip)).toEqual(['1']);
  });

  it('falls back to those that serve while they terminate, when none is ready', () => {
    expect(endpointsOf({}, at('1', 'n1', terminating), at('2', 'n2', terminating), at('3', 'n1', dead)).map((e) => e.ip)).toEqual([
      '1',
      '2',
    ]);
  });

  it('keeps the last serving one of this node for policy Local, while others are ready elsewhere', () => {
    expect(endpointsOf({}, at('1', 'n1', terminating), at('2', 'n2'))).toEqual([
      { ip: '2', port: 8080, local: false },
      { ip: '1', port: 8080, local: true, terminating: true },
    ]);
    expect(endpointsOf({}, at('1', 'n1', terminating), at('2', 'n2'), at('3', 'n1')).map((e) => e.ip)).toEqual(['2', '3']);
  });

  const hinted = (ip: string, hints: Endpoint['hints'], nodeName = 'n2'): Endpoint => ({ ...at(ip, nodeName), hints });
  const zone = (...names: string[]) => ({ forZones: names.map((name) => ({ name })) });
  const node = (name: string, ...zones: string[]) => ({ forNodes: [{ name }], ...zone(...zones) });
  const near = (zoneOfNode: string | undefined, ...endpoints: Endpoint[]): string[] =>
    serviceRoutes([service()], [slice(...endpoints)], { name: 'n1', ...(zoneOfNode && { zone: zoneOfNode }) })[0]!
      .endpoints.filter(({ distant }) => !distant)
      .map(({ ip }) => ip);
  it.each<[string, string[], string[]]>([
    ['its zone', near('a', hinted('1', zone('a')), hinted('2', zone('b'))), ['1']],
    ['itself before its zone', near('a', hinted('1', node('n1', 'a')), hinted('2', node('n2', 'a'))), ['1']],
    ['its zone when none is for itself', near('a', hinted('1', node('n2', 'a')), hinted('2', node('n3', 'b'))), ['1']],
    ['all when none is for its zone', near('c', hinted('1', zone('a')), hinted('2', zone('b'))), ['1', '2']],
    ['all when one has no hint', near('a', hinted('1', zone('a')), hinted('2', undefined)), ['1', '2']],
    ['all when it has no zone', near(undefined, hinted('1', zone('a')), hinted('2', zone('b'))), ['1', '2']],
    [
      'its zone, whatever one that is not ready says',
      near('a', hinted('1', zone('a')), hinted('2', zone('b')), at('3', 'n2', { ready: false })),
      ['1'],
    ],
  ])('keeps to endpoints for %s', (_what, got, want) => expect(got).toEqual(want));

  it('takes those that are not ready where the service publishes them', () => {
    expect(endpointsOf({ publishNotReadyAddresses: true }, at('1', 'n1', { ready: false })).map((e) => e.ip)).toEqual(['1']);
  });

  it('knows node ports, external addresses, affinity and policies', () => {
    const given = service(
      {
        type: 'LoadBalancer',
        ports: [{ name: 'http', port: 80, nodePort: 30080 }],
        externalIPs: ['192.0.2.1'],
        sessionAffinity: 'ClientIP',
        externalTrafficPolicy: 'Local',
        internalTrafficPolicy: 'Local',
      },
      { status: { loadBalancer: { ingress: [{ ip: '192.0.2.2' }, { ip: '192.0.2.3', ipMode: 'Proxy' }, { hostname: 'x' }] } } },
    );
    expect(serviceRoutes([given], [], { name: 'n1' })).toEqual([
      expect.objectContaining({
        nodePort: 30080,
        externalIps: ['192.0.2.1', '192.0.2.2'],
        affinitySeconds: 10_800,
        externalTrafficPolicy: 'Local',
        internalTrafficPolicy: 'Local',
        endpoints: [],
      }),
    ]);
  });

  it('knows addresses in one spelling, whatever clients write', () => {
    const given = service({ clusterIP: 'FD00:0::5', clusterIPs: ['FD00:0::5', '10.96.0.020'], externalIPs: ['2001:DB8::0:1'] });
    expect(serviceRoutes([given], [slice(at('FD00::0:7', 'n1'))], { name: 'n1' })[0]).toMatchObject({
      clusterIps: ['fd00::5', '10.96.0.20'],
      externalIps: ['2001:db8::1'],
      endpoints: [{ ip: 'fd00::7' }],
    });
  });

  it('guards load balancer addresses by their source ranges, and knows where their health is asked for', () => {
    const given = service(
      { type: 'LoadBalancer', loadBalancerSourceRanges: ['198.51.100.0/24'], externalTrafficPolicy: 'Local', healthCheckNodePort: 31234 },
      { status: { loadBalancer: { ingress: [{ ip: '192.0.2.2' }] } } },
    );
    expect(serviceRoutes([given], [], { name: 'n1' })[0]).toMatchObject({
      externalIps: [],
      guarded: { ips: ['192.0.2.2'], sourceRanges: ['198.51.100.0/24'] },
      healthCheckNodePort: 31234,
    });
  });
});
