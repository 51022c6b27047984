import type { Taint, Toleration } from '#api/types';
import { node, pod } from '../testing/small-cluster.ts';
import { reconcile } from './reconcile.ts';

const now = new Date('2026-01-01T00:01:00Z');
const taint: Taint = { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute', timeAdded: '2026-01-01T00:00:00Z' };
const plan = (tolerations: Toleration[], taints: Taint[] = [taint]) => {
  const base = pod('p');
  return reconcile({ pod: { ...base, spec: { ...base.spec, tolerations } }, node: { ...node('n'), spec: { taints } } }, now);
};
const toleration = (tolerationSeconds?: number): Toleration => ({
  key: taint.key,
  operator: 'Exists',
  effect: 'NoExecute',
  tolerationSeconds,
});

describe('taint eviction', () => {
  it.each([
    ['no toleration: at once', [], 'evict'],
    ['tolerated for ever', [toleration()], 'stays'],
    ['tolerated for longer than it has lasted', [toleration(300)], 240_000],
    ['tolerated, but the time has passed', [toleration(30)], 'evict'],
    ['the shortest toleration counts', [toleration(), toleration(90)], 30_000],
    ['a negative time is none', [toleration(-1)], 'evict'],
  ])('%s', (_case, tolerations, want) => {
    const { actions, requeueAfterMs } = plan(tolerations);
    expect(actions.length > 0 ? 'evict' : (requeueAfterMs ?? 'stays')).toBe(want);
  });

  it('leaves a pod alone for taints of another effect, and one that goes already', () => {
    expect(plan([], [{ ...taint, effect: 'NoSchedule' }]).actions).toEqual([]);
    const going = pod('p', {}, { deletionTimestamp: '2026-01-01T00:00:00Z' });
    expect(reconcile({ pod: going, node: { ...node('n'), spec: { taints: [taint] } } }, now).actions).toEqual([]);
  });

  it('keeps a pod that tolerates by number where the scheduler placed it', () => {
    const weighed: Taint = { key: 'sla', value: '950', effect: 'NoExecute' };
    const above = (value: string): Toleration => ({ key: 'sla', operator: 'Gt', value, effect: 'NoExecute' });
    expect(plan([above('900')], [weighed]).actions).toEqual([]);
    expect(plan([above('990')], [weighed]).actions).toHaveLength(1);
  });
});
