import fc from 'fast-check';
import type { Service } from '#api/types';
import type { AllocationPool } from '../../contract.ts';
import { created, type Json, lines } from '../../testing.ts';
import { allocate, allocateStatus } from './allocate.ts';
import { service } from './kind.ts';

const poolOf = (taken: ReadonlySet<string>, changes: Partial<AllocationPool> = {}): AllocationPool => ({
  serviceCidrs: ['10.96.0.0/24'],
  nodePortRange: { from: 30000, to: 30009 },
  holderOf: () => undefined,
  list: () => [],
  loadBalancerCidrs: ['10.89.0.224/27'],
  taken: (claim) => taken.has(claim),
  below: () => 0,
  ...changes,
});

const make = (spec: Json): Service => created(service, { spec: { ports: [{ port: 80 }], ...spec } });
const given = (object: Service, pool: AllocationPool, previous?: Service) => {
  const result = allocate(object, previous, pool);
  if ('errors' in result) throw new Error(lines(result.errors).join());
  return result;
};
const refused = (object: Service, pool: AllocationPool): string[] => {
  const result = allocate(object, undefined, pool);
  return 'errors' in result ? lines(result.errors) : [];
};

describe('allocation', () => {
  it('chooses an address in the upper part of the range', () => {
    const { object, claims } = given(make({}), poolOf(new Set()));
    expect(object.spec).toMatchObject({
      clusterIP: '10.96.0.17',
      clusterIPs: ['10.96.0.17'],
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
    });
    expect(claims).toEqual(['service-ip/10.96.0.17']);
  });

  it('gives a name server one node port for both protocols', () => {
    const ports = ['UDP', 'TCP'].map((protocol) => ({ port: 53, protocol, name: protocol.toLowerCase() }));
    const { object, claims } = given(make({ type: 'NodePort', ports }), poolOf(new Set()));
    expect(object.spec?.ports?.map(({ nodePort }) => nodePort)).toEqual([30000, 30000]);
    expect(claims).toContain('node-port/UDP/30000');
  });

  it('keeps what the service has already', () => {
    const first = given(make({ type: 'NodePort' }), poolOf(new Set()));
    const again = given(first.object, poolOf(new Set(first.claims)), first.object);
    expect(again).toEqual(first);
  });

  it('lets a headless service without selector keep both families on a cluster of one', () => {
    const { object } = given(make({ clusterIP: 'None' }), poolOf(new Set()));
    expect(object.spec).toMatchObject({ ipFamilyPolicy: 'RequireDualStack', ipFamilies: ['IPv4', 'IPv6'] });
    const labelled = { ...object, metadata: { ...object.metadata, labels: { a: 'b' } } };
    expect(given(labelled, poolOf(new Set()), object).object.spec).toEqual(object.spec);
  });

  it('gives nothing to a headless or an external service', () => {
    expect(given(make({ clusterIP: 'None' }), poolOf(new Set())).claims).toEqual([]);
    const external = given(make({ type: 'ExternalName', externalName: 'a.b', ports: [] }), poolOf(new Set()));
    expect(external.claims).toEqual([]);
    expect(external.object.spec).not.toHaveProperty('ipFamilies');
  });

  it('gives two addresses where both families are there and wanted', () => {
    const pool = poolOf(new Set(), { serviceCidrs: ['10.96.0.0/24', 'fd00::/112'] });
    const { object } = given(make({ ipFamilyPolicy: 'PreferDualStack' }), pool);
    expect(object.spec).toMatchObject({ ipFamilies: ['IPv4', 'IPv6'], clusterIPs: ['10.96.0.17', 'fd00::101'] });
  });

  it('knows an address that is taken in every spelling', () => {
    const pool = poolOf(new Set(['service-ip/fd00::5']), { serviceCidrs: ['10.96.0.0/24', 'fd00::/112'] });
    const asked = make({ ipFamilyPolicy: 'RequireDualStack', clusterIPs: ['10.96.0.9', 'FD00:0::5'], clusterIP: '10.96.0.9' });
    expect(refused(asked, pool)).toEqual([expect.stringMatching('provided IP is already allocated')]);
  });

  it.each([
    [
      { clusterIP: '10.97.0.1' },
      'spec.clusterIPs: Invalid value: ["10.97.0.1"]: failed to allocate IP 10.97.0.1: the provided network does not match the current range',
    ],
    [
      { clusterIP: '10.96.0.5' },
      'spec.clusterIPs: Invalid value: ["10.96.0.5"]: failed to allocate IP 10.96.0.5: provided IP is already allocated',
    ],
    [
      { type: 'NodePort', ports: [{ port: 80, nodePort: 80 }] },
      'spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-30009',
    ],
    [
      { type: 'NodePort', ports: [{ port: 80, nodePort: 30005 }] },
      'spec.ports[0].nodePort: Invalid value: 30005: provided port is already allocated',
    ],
    [
      { ipFamilyPolicy: 'RequireDualStack' },
      'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services',
    ],
  ])('refuses %j', (spec, want) => {
    expect(refused(make(spec), poolOf(new Set(['service-ip/10.96.0.5', 'node-port/TCP/30005'])))).toEqual([want]);
  });

  it('never gives one thing to two services, whatever the dice say', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 1, maxLength: 10 }), (dice) => {
        const taken = new Set<string>();
        for (const die of dice) {
          const { claims } = given(make({ type: 'NodePort' }), poolOf(taken, { below: (limit) => die % limit }));
          for (const claim of claims) {
            expect(taken.has(claim)).toBe(false);
            taken.add(claim);
          }
        }
      }),
    );
  });
});

describe('addresses of load balancers', () => {
  const balancer = (...ips: string[]): Service => ({
    ...make({ type: 'LoadBalancer', clusterIP: '10.96.0.9' }),
    status: { loadBalancer: { ingress: ips.map((ip) => ({ ip })) } },
  });
  const claims = (next: Service, previous: Service, taken: string[] = []): string[] => {
    const result = allocateStatus(next, previous, poolOf(new Set(taken)));
    return 'errors' in result ? lines(result.errors) : result.claims;
  };

  it('are the service’s own where they are of the cluster’s pool, beside all that it has', () => {
    expect(claims(balancer('10.89.0.230', '192.0.2.1'), balancer())).toEqual(['load-balancer-ip/10.89.0.230', 'service-ip/10.96.0.9']);
    expect(claims(balancer(), balancer('10.89.0.230'))).toEqual(['service-ip/10.96.0.9']);
  });

  it('are never two services’', () => {
    const taken = ['load-balancer-ip/10.89.0.230'];
    const refusal = 'status.loadBalancer.ingress: Invalid value: "10.89.0.230": provided IP is already allocated';
    expect(claims(balancer('10.89.0.230'), balancer(), taken)).toEqual([refusal]);
    expect(claims(balancer('10.89.0.230'), balancer('10.89.0.230'), taken)).toContain(taken[0]);
  });

  it('stay with it when the rest of it changes, and go with its type', () => {
    const before = balancer('10.89.0.230');
    expect(given(before, poolOf(new Set()), before).claims).toContain('load-balancer-ip/10.89.0.230');
  });
});
