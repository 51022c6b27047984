import type { Toleration } from '#api/types';
import { tolerates, toleratesTaint, untoleratedTaint } from './tolerations.ts';

const taint = { key: 'k', value: '5', effect: 'NoExecute' } as const;

describe('a toleration', () => {
  it.each<[Toleration, boolean]>([
    [{ key: 'k', operator: 'Exists' }, true],
    [{ key: 'k', value: '5' }, true],
    [{ key: 'k', operator: 'Equal', value: '5', effect: 'NoExecute' }, true],
    [{ operator: 'Exists' }, true],
    [{ key: 'k', operator: 'Gt', value: '4' }, true],
    [{ key: 'k', operator: 'Lt', value: '6' }, true],
    [{ key: 'k', operator: 'Gt', value: '5' }, false],
    [{ key: 'k', operator: 'Lt', value: '5' }, false],
    [{ key: 'k', operator: 'Gt', value: 'x' }, false],
    [{ key: 'k', operator: 'Gt', value: '04' }, false],
    [{ key: 'k', operator: 'Gt', value: '1e0' }, false],
    [{ key: 'k', operator: 'Lt', value: '9223372036854775807' }, true],
    [{ key: 'k', operator: 'Lt', value: '9223372036854775808' }, false],
    [{ key: 'k', operator: 'Gt' }, false],
    [{ key: 'k', value: '6' }, false],
    [{ key: 'k', operator: 'Exists', effect: 'NoSchedule' }, false],
    [{ key: 'other', operator: 'Exists' }, false],
    [{ value: '5' }, false],
    [{}, false],
  ])('%j of k=5:NoExecute: %s', (toleration, want) => {
    expect(toleratesTaint(toleration, taint)).toBe(want);
  });

  it('one of several is enough, none tolerates nothing', () => {
    expect([tolerates([{}, { operator: 'Exists' }], taint), tolerates([], taint), tolerates(undefined, taint)]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('is asked only of taints that keep pods away; the first that none covers counts', () => {
    const taints = (['PreferNoSchedule', 'NoSchedule', 'NoExecute'] as const).map((effect) => ({ key: 'k', effect }));
    expect(untoleratedTaint(undefined, taints)?.effect).toBe('NoSchedule');
    expect(untoleratedTaint([{ key: 'k', operator: 'Exists', effect: 'NoSchedule' }], taints)?.effect).toBe('NoExecute');
    expect(untoleratedTaint([{ operator: 'Exists' }], taints)).toBeUndefined();
    expect(untoleratedTaint([], undefined)).toBeUndefined();
  });
});
