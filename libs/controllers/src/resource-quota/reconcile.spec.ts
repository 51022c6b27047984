import type { KubeObject } from '#api';
import type { Pod, ResourceQuota } from '#api/types';
import { resources } from '#objects';
import { pod } from '../testing/small-cluster.ts';
import { reconcile } from './reconcile.ts';

const now = new Date('2026-01-01T00:01:00Z');
const quota = (hard: Record<string, string>, used?: Record<string, string>, spec: object = {}): ResourceQuota => ({
  apiVersion: 'v1',
  kind: 'ResourceQuota',
  metadata: { name: 'q', namespace: 'default' },
  spec: { hard, ...spec },
  ...(used && { status: { hard, used } }),
});
const asking = (cpu: string, more: Partial<Pod> = {}): Pod => ({
  ...pod('p'),
  spec: { containers: [{ name: 'c', resources: { requests: { cpu } } }] },
  ...more,
});
const secrets = (count: number): KubeObject[] =>
  Array.from({ length: count }, (_, i) => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name: `s${i}` } }));

describe('the count of a quota', () => {
  it.each<[string, ResourceQuota, { pods?: Pod[]; secrets?: KubeObject[] }, Record<string, string> | undefined]>([
    ['sums what pods ask for', quota({ 'requests.cpu': '2' }), { pods: [asking('500m'), asking('1')] }, { 'requests.cpu': '1500m' }],
    ['leaves out pods that have ended', quota({ pods: '2' }), { pods: [asking('1', { status: { phase: 'Failed' } })] }, { pods: '0' }],
    [
      'counts objects of a kind',
      quota({ 'count/secrets': '9', secrets: '9' }),
      { secrets: secrets(3) },
      { 'count/secrets': '3', secrets: '3' },
    ],
    ['names what nobody takes', quota({ services: '1' }), {}, { services: '0' }],
    ['keeps to its scope', quota({ pods: '9' }, undefined, { scopes: ['Terminating'] }), { pods: [asking('1')] }, { pods: '0' }],
    [
      'puts a changed limit in force',
      { ...quota({ pods: '5' }, { pods: '1' }), spec: { hard: { pods: '7' } } },
      { pods: [asking('1')] },
      { pods: '1' },
    ],
    [
      'takes away what is not limited any more',
      { ...quota({ pods: '5', secrets: '1' }, { pods: '0', secrets: '0' }), spec: { hard: { pods: '5' } } },
      {},
      { pods: '0' },
    ],
    ['is left alone where it stands', quota({ pods: '5' }, { pods: '1' }), { pods: [asking('1')] }, undefined],
  ])('%s', (_rule, of, { pods = [], secrets: kept = [] }, want) => {
    const objects = [
      { resource: resources.pods, objects: pods },
      { resource: resources.secrets, objects: kept },
    ];
    const { actions, requeueAfterMs } = reconcile({ quota: of, objects, unknown: [] }, now);
    const status = want && { hard: of.spec?.hard, used: want };
    expect(actions).toEqual(status ? [{ do: 'updateStatus', quota: { ...of, status } }] : []);
    expect(requeueAfterMs).toBe(300_000);
  });

  it('keeps what is used of a kind that is not read yet', () => {
    const of = quota({ pods: '5', 'count/secrets': '5' }, { pods: '2', 'count/secrets': '3' });
    const objects = [{ resource: resources.pods, objects: [asking('1')] }];
    const { actions } = reconcile({ quota: of, objects, unknown: [resources.secrets] }, now);
    expect(actions).toMatchObject([{ quota: { status: { used: { pods: '1', 'count/secrets': '3' } } } }]);
  });
});
