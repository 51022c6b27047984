import { created, type Json } from '../../testing.ts';
import { service } from './kind.ts';

const warnings = (spec: Json): string[] => service.strategy!.warnings!(created(service, { spec: { ports: [{ port: 80 }], ...spec } }));

describe('warnings about a service', () => {
  it.each<[Json, string[]]>([
    [{ clusterIP: '10.96.0.5' }, []],
    [{ externalIPs: ['192.0.2.1'] }, ['spec.externalIPs is deprecated and may no longer be implemented in some clusters']],
    [
      { type: 'ExternalName', externalName: 'a.b', externalIPs: ['192.0.2.1'] },
      ['spec.externalIPs is ignored when spec.type is "ExternalName"'],
    ],
    [{ externalName: 'a.b' }, ['spec.externalName is ignored when spec.type is not "ExternalName"']],
    [
      { clusterIP: 'None', externalIPs: ['192.0.2.1'], sessionAffinity: 'ClientIP', loadBalancerIP: '192.0.2.2' },
      [
        'spec.loadBalancerIP is ignored for headless services',
        'spec.externalIPs is ignored for headless services',
        'spec.SessionAffinity is ignored for headless services',
      ],
    ],
    [
      { clusterIP: '010.96.0.5' },
      [
        'spec.clusterIPs[0]: non-standard IP address "010.96.0.5" will be considered invalid in a future Kubernetes release: use "10.96.0.5"',
      ],
    ],
    [
      { type: 'LoadBalancer', loadBalancerIP: 'FD00:0::5', loadBalancerSourceRanges: ['10.0.0.1/8', 'fd00::/64'] },
      [
        'spec.loadBalancerIP: IPv6 address "FD00:0::5" should be in RFC 5952 canonical format ("fd00::5")',
        'spec.loadBalancerSourceRanges[0]: CIDR value "10.0.0.1/8" is ambiguous in this context (should be "10.0.0.0/8" or "10.0.0.1/32"?)',
      ],
    ],
    [
      { loadBalancerIP: '::ffff:192.0.2.1' },
      [
        'spec.loadBalancerIP: non-standard IP address "::ffff:192.0.2.1" will be considered invalid in a future Kubernetes release: use "192.0.2.1"',
      ],
    ],
    [{ trafficDistribution: 'PreferClose' }, ['spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"']],
  ])('%j: %j', (spec, want) => expect(warnings(spec)).toEqual(want));
});
