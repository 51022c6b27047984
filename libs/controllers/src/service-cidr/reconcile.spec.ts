import type { IPAddress, ServiceCIDR } from '#api/types';
import { type Action, protectionFinalizer, reconcile } from './reconcile.ts';

const now = new Date('2026-01-01T00:01:00Z');
const ready = { type: 'Ready', status: 'True', reason: '', message: 'Kubernetes Service CIDR is ready', lastTransitionTime: 'then' };
const cidr = (cidrs: string[], { held = true, goingSince = '', conditions = [ready] } = {}): ServiceCIDR => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'ServiceCIDR',
  metadata: {
    name: cidrs.join(),
    ...(held && { finalizers: [protectionFinalizer] }),
    ...(goingSince && { deletionTimestamp: goingSince }),
  },
  spec: { cidrs },
  status: { conditions },
});
const address = (name: string): IPAddress => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'IPAddress',
  metadata: { name },
  spec: { parentRef: { resource: 'services', namespace: 'default', name: 'web' } },
});
const shown = (action: Action): string =>
  action.do === 'updateStatus' ? action.status.conditions!.map(({ status, reason }) => `${status} ${reason}`).join() : action.do;
const long = { goingSince: '2026-01-01T00:00:00Z' };
const range = ['10.98.0.0/24', 'fd00:98::/112'];

describe('a range of services', () => {
  it.each<[string, ServiceCIDR, { others?: string[]; used?: string[] }, string[]]>([
    ['is held, then ready', cidr(range, { held: false, conditions: [] }), { others: [], used: [] }, ['protect', 'True ']],
    ['that is ready stays so', cidr(range), { others: [], used: ['10.98.0.1'] }, []],
    ['goes when nothing is in use', cidr(range, long), { others: ['10.96.0.0/16'], used: ['10.96.0.1'] }, ['release']],
    ['waits for its addresses', cidr(range, long), { others: ['10.96.0.0/16'], used: ['10.98.0.7'] }, ['False Terminating']],
    [
      'waits for its addresses of each family',
      cidr(range, long),
      { others: ['10.98.0.0/16'], used: ['10.98.0.7', 'fd00:98::7'] },
      ['False Terminating'],
    ],
    [
      'goes when others have its addresses',
      cidr(range, long),
      { others: ['10.98.0.0/16', 'fd00:98::/112'], used: ['10.98.0.7', 'fd00:98::7'] },
      ['release'],
    ],
    [
      'of which each half of what is in use lies in another goes',
      cidr(['10.98.0.0/24'], long),
      { others: ['10.98.0.0/25'], used: ['10.98.0.7'] },
      ['release'],
    ],
    ['that nobody holds is left to go', cidr(range, { ...long, held: false }), { others: [], used: ['10.98.0.7'] }, []],
  ])('%s', (_what, given, { others = [], used = [] }, want) => {
    const seen = { cidr: given, others: others.map((other) => cidr([other])), addresses: used.map(address) };
    expect(reconcile(seen, now).actions.map(shown)).toEqual(want);
  });

  it('does not go before every api-server has heard of it', () => {
    const seen = { cidr: cidr(range, { goingSince: '2026-01-01T00:00:54Z' }), others: [], addresses: [] };
    expect(reconcile(seen, now)).toEqual({ actions: [], requeueAfterMs: 4_000 });
  });
});
