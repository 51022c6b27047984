import type { Service } from '#api/types';
import { type Action, allocatedCondition, cleanupFinalizer, reconcile } from './reconcile.ts';

const now = new Date('2026-01-01T00:00:00Z');
const pool = ['10.89.0.224/30', 'fd00:89::e000/126'];
type Given = Partial<Service['spec']> & { has?: string[]; asks?: string; held?: boolean; going?: boolean };

function service({ has = [], asks, held = has.length > 0, going = false, ...spec }: Given): Service {
  const ports = [{ port: 80, protocol: 'TCP' }];
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: 'web',
      namespace: 'default',
      uid: 'u',
      ...(held && { finalizers: ['x', cleanupFinalizer] }),
      ...(asks !== undefined && { annotations: { 'berth.dev/load-balancer-ips': asks } }),
      ...(going && { deletionTimestamp: '2026-01-01T00:00:00Z' }),
    },
    spec: { type: 'LoadBalancer', ipFamilies: ['IPv4'], ports, ...spec },
    status: {
      loadBalancer: { ingress: has.map((ip) => ({ ip, ipMode: 'VIP', ports })) },
      ...(has.length > 0 && {
        conditions: [{ type: allocatedCondition, status: 'True', reason: 'Allocated', message: '', lastTransitionTime: 'then' }],
      }),
    },
  };
}

const shown = (action: Action): string => {
  if (action.do === 'tell') return `${action.event.type} ${action.event.reason}: ${action.event.message}`;
  if (action.do !== 'updateStatus') return action.do;
  const { loadBalancer, conditions = [] } = action.status;
  return [
    'status',
    ...(loadBalancer?.ingress ?? []).map(({ ip }) => ip),
    ...conditions.map(({ status, reason }) => `${status}/${reason}`),
  ].join(' ');
};
const plan = (given: Given, taken: string[] = []): string[] =>
  reconcile({ service: service(given), pool, taken: new Set(taken) }, now).actions.map(shown);

const ensuring = 'Normal EnsuringLoadBalancer: Ensuring load balancer';
const ensured = 'Normal EnsuredLoadBalancer: Ensured load balancer';
const failed = (why: string): string =>
  `Warning SyncLoadBalancerFailed: Error syncing load balancer: failed to ensure load balancer: ${why}`;
const dual = { ipFamilies: ['IPv4', 'IPv6'] };
const given = (...ips: string[]): string[] => [ensuring, ['status', ...ips, 'True/Allocated'].join(' '), ensured];
const refused = (why: string): string[] => [ensuring, 'status False/AddressRefused', failed(`requested address ${why}`)];

describe('a load balancer service', () => {
  it.each<[string, Given, string[], string[]]>([
    ['is held, and has the first free address', {}, [], ['hold', ...given('10.89.0.224')]],
    ['has one that nobody has', { held: true }, ['10.89.0.224', '10.89.0.225'], given('10.89.0.226')],
    ['has one of each of its families', { held: true, ...dual }, ['10.89.0.224'], given('10.89.0.225', 'fd00:89::e000')],
    ['keeps what it has', { has: ['10.89.0.226'] }, [], []],
    ['that gets a second family keeps the first address', { has: ['10.89.0.226'], ...dual }, [], given('10.89.0.226', 'fd00:89::e000')],
    ['that loses a family gives up its address', { has: ['10.89.0.226', 'fd00:89::e000'] }, [], ['status 10.89.0.226 True/Allocated']],
    ['has another when the pool is another', { has: ['10.90.0.1'] }, [], given('10.89.0.224')],
    ['has the address that it asks for', { held: true, asks: '10.89.0.226' }, [], given('10.89.0.226')],
    ['may ask by the older field', { held: true, loadBalancerIP: '10.89.0.226' }, [], given('10.89.0.226')],
    ['moves to the address that it asks for now', { has: ['10.89.0.225'], asks: '10.89.0.226' }, [], given('10.89.0.226')],
    ['asks in any spelling', { held: true, ...dual, asks: '10.89.0.226, FD00:89:0::e001' }, [], given('10.89.0.226', 'fd00:89::e001')],
    ['waits for an address that is in use', { held: true, asks: '10.89.0.226' }, ['10.89.0.226'], refused('10.89.0.226 is in use')],
    ['is refused one of elsewhere', { held: true, asks: '10.1.1.1' }, [], refused(`10.1.1.1 is not in the pool ${pool.join()}`)],
    ['is refused a text', { held: true, asks: 'x' }, [], refused('x is not an IP address')],
    [
      'is refused one of another family',
      { held: true, asks: 'fd00:89::e001' },
      [],
      refused('fd00:89::e001 is of the family IPv6, which the service does not have'),
    ],
    [
      'keeps what it has while it cannot have what it asks for',
      { has: ['10.89.0.225'], asks: '10.89.0.226' },
      ['10.89.0.226'],
      [ensuring, 'status 10.89.0.225 False/AddressRefused', failed('requested address 10.89.0.226 is in use')],
    ],
    [
      'waits for a pool that is exhausted',
      { held: true },
      ['10.89.0.224', '10.89.0.225', '10.89.0.226', '10.89.0.227'],
      [ensuring, 'status False/PoolExhausted', failed('no free IPv4 address in the pool 10.89.0.224/30')],
    ],
    ['of our class has an address', { held: true, loadBalancerClass: 'berth.dev/node-network' }, [], given('10.89.0.224')],
    ['of another class is left alone', { loadBalancerClass: 'example.com/lb' }, [], []],
    ['of another class is left to who holds it', { held: true, loadBalancerClass: 'example.com/lb' }, [], []],
    ['that is none is left alone', { type: 'ClusterIP' }, [], []],
  ])('%s', (_what, given, taken, want) => expect(plan(given, taken)).toEqual(want));

  const freed = ['Normal DeletingLoadBalancer: Deleting load balancer', 'release', 'Normal DeletedLoadBalancer: Deleted load balancer'];
  it('that is deleted, or becomes something else, gives up its address before it is let go', () => {
    expect(plan({ has: ['10.89.0.225'], going: true })).toEqual([freed[0], 'status', ...freed.slice(1)]);
    expect(plan({ held: true, type: 'ClusterIP' })).toEqual(freed);
    expect(plan({ held: true, type: 'NodePort', has: ['10.89.0.225'] })).toEqual([freed[0], 'status', ...freed.slice(1)]);
  });

  it('never has the address of a network or of everybody', () => {
    const ask = (asks?: string): string[] =>
      reconcile({ service: service({ held: true, asks }), pool: ['10.89.0.254/31'], taken: new Set(['10.89.0.254']) }, now).actions.map(
        shown,
      );
    expect(ask()).toContain('status False/PoolExhausted');
    expect(ask('10.89.0.255')).toContain('status False/AddressRefused');
  });

  it('says which ports its address has, and since when it has it', () => {
    const { actions } = reconcile({ service: service({ held: true }), pool, taken: new Set() }, now);
    expect(actions.find((action) => action.do === 'updateStatus')).toMatchObject({
      status: {
        loadBalancer: { ingress: [{ ip: '10.89.0.224', ipMode: 'VIP', ports: [{ port: 80, protocol: 'TCP' }] }] },
        conditions: [{ type: allocatedCondition, lastTransitionTime: '2026-01-01T00:00:00Z' }],
      },
    });
  });
});
