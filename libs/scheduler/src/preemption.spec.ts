import { seededRandom } from '#base/testing';
import { ClusterCache } from './cache/cluster-cache.ts';
import { podInfo } from './cache/pod-info.ts';
import { decide } from './cycle.ts';
import { defaultProfile } from './plugins/index.ts';
import { preempt } from './preemption.ts';
import { node, pod } from './testing.ts';

function preemptionFor(priority: number, preemptionPolicy?: string) {
  const cache = new ClusterCache();
  cache.setNode(node('a', { cpu: '2' }));
  cache.setNode(node('b', { cpu: '2' }));
  cache.setPod(pod('low', { cpu: '1500m', nodeName: 'a', spec: { priority: 1 } }));
  cache.setPod(pod('small', { cpu: '100m', nodeName: 'a', spec: { priority: 0 } }));
  cache.setPod(pod('high', { cpu: '1500m', nodeName: 'b', spec: { priority: 5 } }));
  const incoming = podInfo(pod('p', { cpu: '1', spec: { priority, ...(preemptionPolicy && { preemptionPolicy }) } }));
  const decision = decide(incoming, cache, defaultProfile, seededRandom(1));
  if (decision.placed) throw new Error('it should not fit');
  const result = preempt(incoming, cache, defaultProfile, decision.refusals);
  return 'none' in result ? result.none : { node: result.node, victims: result.victims.map(({ uid }) => uid) };
}

describe('preemption', () => {
  it('evicts the least important pods, and no more than needed', () => {
    expect(preemptionFor(10)).toEqual({ node: 'a', victims: ['low'] });
  });

  it('finds no victim when nothing has a lower priority', () => {
    expect(preemptionFor(0)).toBe('preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod.');
  });

  it('does not preempt for a pod that says Never', () => {
    expect(preemptionFor(10, 'Never')).toBe('preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.');
  });
});
