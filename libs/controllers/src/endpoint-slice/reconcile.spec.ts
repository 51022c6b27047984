import fc from 'fast-check';
import type { EndpointSlice, Pod, Service } from '#api/types';
import { pod, readyPod, service } from '../testing/small-cluster.ts';
import { type Action, reconcile, type Seen } from './reconcile.ts';

const now = new Date('2026-01-01T00:00:00Z');
const zoneOf = (node: string): string | undefined => (node === 'n1' ? 'z1' : undefined);
const web = service();

function podAt(name: string, ip: string, change: Partial<Pod['spec']> = {}): Pod {
  const made = { ...pod(name, { app: 'web' }, { uid: `u-${name}` }), status: { podIP: ip } };
  const ready = readyPod(made, now);
  return { ...ready, spec: { ...ready.spec, ...change } };
}
const notReady = (p: Pod): Pod => ({ ...p, status: { ...p.status, conditions: [{ type: 'Ready', status: 'False' }] } });
const going = (p: Pod): Pod => ({ ...p, metadata: { ...p.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } });

/** The slices after the actions, as the api-server would have them. */
function after(slices: readonly EndpointSlice[], actions: readonly Action[]): EndpointSlice[] {
  const byName = new Map(slices.map((slice) => [slice.metadata.name, slice]));
  actions.forEach((action, i) => {
    const name = action.slice.metadata.name ?? `web-${byName.size}-${i}`;
    if (action.do === 'deleteSlice') byName.delete(name);
    else byName.set(name, { ...action.slice, metadata: { ...action.slice.metadata, name } });
  });
  return [...byName.values()];
}

function slicesOf(pods: readonly Pod[], of: Service = web, before: readonly EndpointSlice[] = []): EndpointSlice[] {
  return after(before, reconcile({ service: of, pods, slices: before, zoneOf }).actions);
}

describe('EndpointSlices of a service', () => {
  it('carry what consumers look for', () => {
    const labelled = { ...web, metadata: { ...web.metadata, uid: 's1', labels: { team: 'a', 'kubernetes.io/service-name': 'forged' } } };
    expect(slicesOf([podAt('a', '10.0.0.1')], labelled)).toMatchObject([
      {
        apiVersion: 'discovery.k8s.io/v1',
        addressType: 'IPv4',
        metadata: {
          generateName: 'web-',
          labels: {
            team: 'a',
            'kubernetes.io/service-name': 'web',
            'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
          },
          ownerReferences: [{ apiVersion: 'v1', kind: 'Service', name: 'web', uid: 's1', controller: true, blockOwnerDeletion: true }],
        },
        ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
        endpoints: [
          {
            addresses: ['10.0.0.1'],
            conditions: { ready: true, serving: true, terminating: false },
            nodeName: 'n1',
            zone: 'z1',
            targetRef: { kind: 'Pod', namespace: 'default', name: 'a', uid: 'u-a' },
          },
        ],
      },
    ]);
  });

  const conditions = (ready: boolean, serving: boolean, terminating: boolean) => ({ ready, serving, terminating });
  const a = podAt('a', '10.0.0.1');
  it.each([
    ['a ready pod', a, {}, conditions(true, true, false)],
    ['a pod that is not ready', notReady(a), {}, conditions(false, false, false)],
    ['a pod that is going but could serve', going(a), {}, conditions(false, true, true)],
    ['a pod that is going and is not ready', going(notReady(a)), {}, conditions(false, false, true)],
    ['not ready, published all the same', notReady(a), { publishNotReadyAddresses: true }, conditions(true, false, false)],
    ['going, published all the same', going(a), { publishNotReadyAddresses: true }, conditions(true, true, true)],
  ])('%s', (_case, one, spec, want) => {
    expect(slicesOf([one], service(spec))[0]?.endpoints?.[0]?.conditions).toEqual(want);
  });

  it.each([
    ['without an address', { ...a, status: {} }],
    ['that has failed', { ...a, status: { ...a.status, phase: 'Failed' } }],
    ['that has succeeded', { ...a, status: { ...a.status, phase: 'Succeeded' } }],
  ])('leave out a pod %s, and one empty slice stays', (_case, one) => {
    expect(slicesOf([one])).toMatchObject([{ endpoints: [], ports: [] }]);
  });

  it.each([
    { trafficDistribution: undefined, hints: undefined },
    { trafficDistribution: 'PreferClose', hints: { forZones: [{ name: 'z1' }] } },
    { trafficDistribution: 'PreferSameZone', hints: { forZones: [{ name: 'z1' }] } },
    { trafficDistribution: 'PreferSameNode', hints: { forZones: [{ name: 'z1' }], forNodes: [{ name: 'n1' }] } },
  ])('say whom ready endpoints are for: $trafficDistribution', ({ trafficDistribution, hints }) => {
    const [slice] = slicesOf([a, notReady(podAt('b', '10.0.0.2'))], service({ trafficDistribution }));
    expect(slice?.endpoints?.map((endpoint) => endpoint.hints)).toEqual([hints, undefined]);
  });

  it('follow a change of the distribution', () => {
    const before = slicesOf([a]);
    const { actions } = reconcile({ service: service({ trafficDistribution: 'PreferClose' }), pods: [a], slices: before, zoneOf });
    expect(actions).toMatchObject([{ do: 'updateSlice', slice: { endpoints: [{ hints: { forZones: [{ name: 'z1' }] } }] } }]);
  });

  it('resolve named ports pod by pod', () => {
    const named = service({ ports: [{ name: 'http', port: 80, targetPort: 'web', protocol: 'TCP' }] });
    const withPort = (name: string, ip: string, containerPort: number): Pod =>
      podAt(name, ip, { containers: [{ name: 'c', image: 'i', ports: [{ name: 'web', containerPort, protocol: 'TCP' }] }] });
    const slices = slicesOf([withPort('a', '10.0.0.1', 8080), withPort('b', '10.0.0.2', 9090), podAt('c', '10.0.0.3')], named);
    const shown = slices.map(({ ports, endpoints }) => [ports?.[0]?.port, endpoints?.[0]?.addresses[0]]);
    expect(shown).toEqual([
      [8080, '10.0.0.1'],
      [9090, '10.0.0.2'],
      [undefined, '10.0.0.3'],
    ]);
  });

  it('mark headless services, and give hostnames to pods of their subdomain', () => {
    const headless = service({ clusterIP: 'None' });
    const [slice] = slicesOf([podAt('a', '10.0.0.1', { hostname: 'a', subdomain: 'web' })], headless);
    expect(slice?.metadata.labels).toHaveProperty(['service.kubernetes.io/headless'], '');
    expect(slice?.endpoints?.[0]?.hostname).toBe('a');
  });

  it.each([
    ['without a selector', { selector: undefined }],
    ['of type ExternalName', { type: 'ExternalName' }],
  ])('are left to others for a service %s', (_case, spec) => {
    expect(reconcile({ service: service(spec), pods: [a], slices: [], zoneOf }).actions).toEqual([]);
  });

  it('make one slice per address family', () => {
    const dual = service({ ipFamilies: ['IPv4', 'IPv6'] });
    const both = { ...a, status: { ...a.status, podIPs: [{ ip: '10.0.0.1' }, { ip: 'fd00::1' }] } };
    const shown = slicesOf([both], dual).map(({ addressType, endpoints }) => [addressType, endpoints?.[0]?.addresses]);
    expect(shown).toEqual([
      ['IPv4', ['10.0.0.1']],
      ['IPv6', ['fd00::1']],
    ]);
  });

  it('change one slice for one pod of many', () => {
    const pods = Array.from({ length: 250 }, (_, i) => podAt(`p${i}`, `10.0.${Math.floor(i / 200)}.${(i % 200) + 1}`));
    const slices = slicesOf(pods);
    expect(slices.map((slice) => slice.endpoints?.length)).toEqual([100, 100, 50]);
    const changed = pods.map((p, i) => (i === 7 ? going(p) : p));
    expect(reconcile({ service: web, pods: changed, slices, zoneOf }).actions).toHaveLength(1);
  });

  it('reach a fixed point with every address in one slice, whatever was there before', () => {
    const state = fc.constantFrom('absent', 'ready', 'notReady', 'going');
    const states = fc.array(state, { minLength: 1, maxLength: 230 });
    const podsFrom = (list: readonly string[]): Pod[] =>
      list.flatMap((s, i) => {
        const p = podAt(`p${i}`, `10.1.${Math.floor(i / 200)}.${(i % 200) + 1}`);
        return s === 'absent' ? [] : [s === 'ready' ? p : s === 'going' ? going(p) : notReady(p)];
      });
    fc.assert(
      fc.property(states, states, (first, second) => {
        const before = slicesOf(podsFrom(first));
        const pods = podsFrom(second);
        const seen: Seen = { service: web, pods, slices: slicesOf(pods, web, before), zoneOf };
        expect(reconcile(seen).actions).toEqual([]);
        const addresses = seen.slices.flatMap((slice) => (slice.endpoints ?? []).flatMap((e) => e.addresses));
        expect(addresses.toSorted()).toEqual(pods.map((p) => p.status?.podIP ?? '').toSorted());
        expect(Math.max(...seen.slices.map((slice) => slice.endpoints?.length ?? 0))).toBeLessThanOrEqual(100);
      }),
      { numRuns: 40 },
    );
  });
});
