import type { Taint, Toleration } from '#api/types';
import { clusterOf, node, pod, scores, verdicts } from '../testing.ts';
import { taintToleration } from './taint-toleration.ts';

const taint = (key: string, effect: string, value?: string): Taint => ({ key, effect, ...(value !== undefined && { value }) });
const tolerating = (...tolerations: Toleration[]) => pod('p', { spec: { tolerations } });
const untolerated = (what: string): string => `node(s) had untolerated taint {${what}} (unresolvable)`;

describe('a tainted node', () => {
  it.each<{ name: string; taints: Taint[]; tolerations?: Toleration[]; want: string }>([
    { name: 'keeps pods away', taints: [taint('k', 'NoSchedule', 'v')], want: untolerated('k: v') },
    { name: 'keeps pods away that would be evicted', taints: [taint('k', 'NoExecute')], want: untolerated('k: ') },
    { name: 'is only less liked by PreferNoSchedule', taints: [taint('k', 'PreferNoSchedule')], want: 'fits' },
    {
      name: 'takes pods that tolerate its value',
      taints: [taint('k', 'NoSchedule', 'v')],
      tolerations: [{ key: 'k', operator: 'Equal', value: 'v' }],
      want: 'fits',
    },
    {
      name: 'takes no pod that tolerates another value',
      taints: [taint('k', 'NoSchedule', 'v')],
      tolerations: [{ key: 'k', operator: 'Equal', value: 'w' }],
      want: untolerated('k: v'),
    },
    {
      name: 'takes pods that tolerate more than its number',
      taints: [taint('k', 'NoSchedule', '7')],
      tolerations: [{ key: 'k', operator: 'Gt', value: '5' }],
      want: 'fits',
    },
    {
      name: 'tells the first taint that is not tolerated',
      taints: [taint('k', 'NoSchedule'), taint('l', 'PreferNoSchedule'), taint('m', 'NoExecute')],
      tolerations: [{ key: 'k', operator: 'Exists' }],
      want: untolerated('m: '),
    },
  ])('$name', ({ taints, tolerations = [], want }) => {
    const cluster = clusterOf([node('plain'), node('tainted', { taints })]);
    expect(verdicts(taintToleration, tolerating(...tolerations), cluster)).toEqual({ plain: 'fits', tainted: want });
  });
});

it('likes nodes less the more taints it would rather not tolerate', () => {
  const cluster = clusterOf([
    node('none', { taints: [taint('k', 'NoSchedule')] }),
    node('one', { taints: [taint('a', 'PreferNoSchedule'), taint('tolerated', 'PreferNoSchedule')] }),
    node('two', { taints: [taint('a', 'PreferNoSchedule'), taint('b', 'PreferNoSchedule')] }),
  ]);
  const incoming = tolerating({ key: 'tolerated', operator: 'Exists', effect: 'PreferNoSchedule' });
  expect(scores(taintToleration, incoming, cluster)).toEqual({ none: 100, one: 50, two: 0 });
});
