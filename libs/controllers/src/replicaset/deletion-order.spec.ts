import type { Pod } from '#api/types';
import { pod, readyPod } from '../testing/small-cluster.ts';
import { deletionOrder } from './deletion-order.ts';

const now = new Date('2026-01-02T00:00:00Z');
const base = (name: string, node = 'n1', created = '2026-01-01T00:00:00Z'): Pod => {
  const made = readyPod(pod(name, {}, { uid: name, creationTimestamp: created }), new Date('2026-01-01T00:00:00Z'));
  return { ...made, spec: { ...made.spec, nodeName: node } };
};
const costing = (p: Pod, cost: string): Pod => ({
  ...p,
  metadata: { ...p.metadata, annotations: { 'controller.kubernetes.io/pod-deletion-cost': cost } },
});
const restarted = (p: Pod, restartCount: number): Pod => ({
  ...p,
  status: { ...p.status, containerStatuses: [{ name: 'c', ready: true, restartCount, image: '', imageID: '' }] },
});
const readyFor = (p: Pod, hours: number): Pod => readyPod(p, new Date(now.getTime() - hours * 3_600_000));

describe('deletion order', () => {
  const keep = base('keep');
  it.each([
    ['not bound to a node', { ...base('go'), spec: { containers: [] } }],
    ['pending', { ...base('go'), status: { ...base('go').status, phase: 'Pending' } }],
    ['not ready', { ...base('go'), status: { phase: 'Running' } }],
    ['of lower deletion cost', costing(base('go'), '-5')],
    ['ready for a shorter time', readyFor(base('go'), 1)],
    ['restarted more often', restarted(base('go'), 3)],
    ['younger', base('go', 'n1', '2026-01-01T23:00:00Z')],
  ])('takes the one that is %s first', (_case, go) => {
    expect(deletionOrder([keep, go], [keep, go], now)[0]).toBe(go);
    expect(deletionOrder([go, keep], [keep, go], now)[0]).toBe(go);
  });

  it('takes pods first where a node has several of them', () => {
    const pods = [base('alone', 'n1'), base('one', 'n2'), base('two', 'n2')];
    expect(deletionOrder(pods, pods, now).at(-1)).toBe(pods[0]);
  });

  it('ignores a cost that is no 32-bit number', () => {
    const go = readyFor(base('go'), 1);
    for (const cost of ['x', '1.5', '99999999999', '+1']) expect(deletionOrder([costing(keep, cost), go], [], now)[0]).toBe(go);
  });
});
