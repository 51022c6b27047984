import type { Ingress } from '#api/types';
import { type Action, reconcile, type Seen } from './reconcile.ts';

const ingress = (addresses: string[] = [], name = 'i'): Ingress =>
  ({
    metadata: { namespace: 'a', name },
    spec: {},
    status: { loadBalancer: addresses.length > 0 ? { ingress: addresses.map((ip) => ({ ip })) } : {} },
  }) as unknown as Ingress;

const shown = (action: Action): string =>
  action.do === 'say'
    ? `${action.type} ${action.reason}: ${action.message}`
    : `status: ${(action.status.loadBalancer?.ingress ?? []).map(({ ip }) => ip).join()}`;

const nodes = ['192.0.2.1', '192.0.2.2'];
const lost = { ingress: ingress(), winner: ingress([], 'old'), host: 'h' };

describe('an Ingress', () => {
  it.each<[string, Partial<Seen>, string[]]>([
    ['that is served has the addresses of the nodes', {}, ['status: 192.0.2.1,192.0.2.2', 'Normal Sync: Served at 192.0.2.1, 192.0.2.2']],
    ['that has them is left alone', { ingress: ingress(nodes) }, []],
    [
      'loses that of a node that went',
      { ingress: ingress(nodes), addresses: ['192.0.2.2'] },
      ['status: 192.0.2.2', 'Normal Sync: Served at 192.0.2.2'],
    ],
    ['of another controller is left alone', { by: 'foreign', lost: [lost] }, []],
    ['whose class went loses its addresses', { by: 'nobody', ingress: ingress(nodes) }, ['status: ', 'Normal Sync: Not served any more']],
    ['that names no class is left alone', { by: 'nobody', problems: [{ reason: 'A', message: 'b' }] }, []],
    [
      'is told what it does not have',
      {
        ingress: ingress(nodes),
        lost: [
          { ...lost, path: '/x' },
          { ...lost, host: 'k' },
        ],
        problems: [{ reason: 'A', message: 'b' }],
      },
      [
        'Warning Conflict: host "h", path "/x" is that of the older Ingress a/old',
        'Warning Conflict: the certificate of host "k" is that of the older Ingress a/old',
        'Warning A: b',
      ],
    ],
    ['is told once', { ingress: ingress(nodes), problems: [{ reason: 'A', message: 'b' }], told: new Set(['A b']) }, []],
  ])('%s', (_name, changes, want) => {
    const seen: Seen = { ingress: ingress(), by: 'served', lost: [], problems: [], addresses: nodes, told: new Set(), ...changes };
    expect(reconcile(seen).actions.map(shown)).toEqual(want);
  });
});
