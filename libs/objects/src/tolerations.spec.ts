import type { Toleration } from '#api/types';
import { mergeTolerations, tolerates, toleratesTaint, untoleratedTaint } from './tolerations.ts';

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

describe('tolerations of two sources', () => {
  const all = { operator: 'Exists' } as const;
  const k = { key: 'k', operator: 'Exists' } as const;
  const five = { key: 'k', operator: 'Equal', value: '5' } as const;
  const evicted = (tolerationSeconds?: number): Toleration => ({
    ...k,
    effect: 'NoExecute',
    ...(tolerationSeconds !== undefined && { tolerationSeconds }),
  });
  it.each<[string, Toleration[], Toleration[], Toleration[]]>([
    ['stand in order', [k], [{ ...k, key: 'l' }], [k, { ...k, key: 'l' }]],
    ['are there once', [k], [k], [k]],
    ['are covered by one before them', [k], [five], [k]],
    ['are covered by one after them', [five], [k], [k]],
    ['are covered by one of every key', [five, evicted(3)], [all], [all]],
    ['are not covered by another value', [five], [{ ...five, value: '6' }], [five, { ...five, value: '6' }]],
    ['are not covered by another effect', [{ ...k, effect: 'NoSchedule' }], [evicted()], [{ ...k, effect: 'NoSchedule' }, evicted()]],
    ['are covered by one that holds longer', [evicted(3)], [evicted(4)], [evicted(4)]],
    ['are covered by one that holds for ever', [evicted()], [evicted(4)], [evicted()]],
    ['numbers cover none but their like', [{ ...five, operator: 'Gt' }], [five], [{ ...five, operator: 'Gt' }, five]],
    ['of every effect cover one', [{ ...five, effect: 'NoSchedule' }], [{ key: 'k', value: '5' }], [{ key: 'k', value: '5' }]],
  ])('%s', (_name, first, second, want) => {
    expect(mergeTolerations(first, second)).toEqual(want);
  });
});
