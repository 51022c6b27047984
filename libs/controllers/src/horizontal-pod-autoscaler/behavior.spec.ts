import fc from 'fast-check';
import type { HPAScalingRules } from '#api/types';
import { type Memory, settle, settlePlainly, stepped, type Wish } from './behavior.ts';

const nowMs = 1_000_000;
const none: Memory = { recommendations: [], added: [], removed: [] };
const wish = (current: number, desired: number, more: Partial<Wish> = {}): Wish => ({ current, desired, min: 1, max: 100, ...more });
const recommended = (...of: [replicas: number, secondsAgo: number][]): Memory => ({
  ...none,
  recommendations: of.map(([replicas, ago]) => ({ replicas, atMs: nowMs - ago * 1000 })),
});
const told = ({ replicas, able, limited }: ReturnType<typeof settle>): unknown[] => [replicas, able.reason, limited.reason, limited.is];
const plain = { nowMs, windowMs: 300_000 };

describe('without a behavior', () => {
  it.each<[string, Wish, Memory, unknown[]]>([
    ['goes where it should', wish(3, 5), none, [5, 'ReadyForNewScale', 'DesiredWithinRange', false]],
    ['grows to four, or twice as many, at once', wish(1, 50), none, [4, 'ReadyForNewScale', 'ScaleUpLimit', true]],
    ['grows twofold', wish(10, 50), none, [20, 'ReadyForNewScale', 'ScaleUpLimit', true]],
    ['stays below the most', wish(10, 50, { max: 12 }), none, [12, 'ReadyForNewScale', 'TooManyReplicas', true]],
    ['stays above the least', wish(10, 1, { min: 2 }), none, [2, 'ReadyForNewScale', 'TooFewReplicas', true]],
    [
      'shrinks to the highest wish of five minutes',
      wish(10, 2),
      recommended([10, 301], [7, 299], [5, 10]),
      [7, 'ScaleDownStabilized', 'DesiredWithinRange', false],
    ],
    ['shrinks when no wish is higher', wish(10, 2), recommended([10, 301]), [2, 'ReadyForNewScale', 'DesiredWithinRange', false]],
  ])('%s', (_what, of, memory, want) => expect(told(settlePlainly(of, memory, plain))).toEqual(want));
});

const policy = (type: string, value: number, periodSeconds: number) => ({ type, value, periodSeconds });
const up = (rules: HPAScalingRules) => ({ behavior: { scaleUp: rules, scaleDown: { policies: [policy('Percent', 100, 15)] } }, ...plain });
const down = (rules: HPAScalingRules) => ({
  behavior: { scaleUp: { policies: [policy('Percent', 100, 15)] }, scaleDown: { stabilizationWindowSeconds: 0, ...rules } },
  ...plain,
});
const steps = (list: 'added' | 'removed', ...of: [change: number, secondsAgo: number][]): Memory => ({
  ...none,
  [list]: of.map(([change, ago]) => ({ change, atMs: nowMs - ago * 1000 })),
});

describe('a behavior', () => {
  it.each<[string, ...Parameters<typeof settle>, unknown[]]>([
    [
      'lets four or twice as many come, whichever is more',
      wish(3, 50),
      none,
      up({ policies: [policy('Pods', 4, 15), policy('Percent', 100, 15)] }),
      [7, 'ReadyForNewScale', 'ScaleUpLimit', true],
    ],
    [
      'or whichever is less',
      wish(3, 50),
      none,
      up({ selectPolicy: 'Min', policies: [policy('Pods', 4, 15), policy('Percent', 100, 15)] }),
      [6, 'ReadyForNewScale', 'ScaleUpLimit', true],
    ],
    [
      'counts what came within the period',
      wish(6, 50),
      steps('added', [3, 10]),
      up({ policies: [policy('Pods', 4, 15)] }),
      [7, 'ReadyForNewScale', 'ScaleUpLimit', true],
    ],
    [
      'and no more after it',
      wish(6, 50),
      steps('added', [3, 16]),
      up({ policies: [policy('Pods', 4, 15)] }),
      [10, 'ReadyForNewScale', 'ScaleUpLimit', true],
    ],
    [
      'gives back what went within the period',
      wish(4, 50),
      steps('removed', [2, 10]),
      up({ policies: [policy('Pods', 1, 15)] }),
      [7, 'ReadyForNewScale', 'ScaleUpLimit', true],
    ],
    [
      'never takes away what it lets come',
      wish(6, 50),
      steps('added', [5, 10]),
      up({ policies: [policy('Pods', 1, 15)] }),
      [6, 'ReadyForNewScale', 'ScaleUpLimit', true],
    ],
    [
      'rounds a part up that comes',
      wish(1, 50),
      none,
      up({ policies: [policy('Percent', 10, 15)] }),
      [2, 'ReadyForNewScale', 'ScaleUpLimit', true],
    ],
    [
      'turns growing off',
      wish(3, 50),
      none,
      up({ selectPolicy: 'Disabled', policies: [policy('Pods', 4, 15)] }),
      [3, 'ReadyForNewScale', 'ScaleUpLimit', true],
    ],
    [
      'takes one part away',
      wish(100, 10),
      none,
      down({ policies: [policy('Percent', 10, 60)] }),
      [90, 'ReadyForNewScale', 'ScaleDownLimit', true],
    ],
    [
      'takes what is more away',
      wish(100, 10),
      none,
      down({ policies: [policy('Percent', 10, 60), policy('Pods', 20, 60)] }),
      [80, 'ReadyForNewScale', 'ScaleDownLimit', true],
    ],
    [
      'or what is less',
      wish(100, 10),
      none,
      down({ selectPolicy: 'Min', policies: [policy('Percent', 10, 60), policy('Pods', 20, 60)] }),
      [90, 'ReadyForNewScale', 'ScaleDownLimit', true],
    ],
    [
      'counts what went within the period',
      wish(95, 10),
      steps('removed', [5, 30]),
      down({ policies: [policy('Pods', 10, 60)] }),
      [90, 'ReadyForNewScale', 'ScaleDownLimit', true],
    ],
    ['turns shrinking off', wish(10, 1), none, down({ selectPolicy: 'Disabled' }), [10, 'ReadyForNewScale', 'ScaleDownLimit', true]],
    [
      'stays above the least',
      wish(10, 1, { min: 3 }),
      none,
      down({ policies: [policy('Percent', 100, 15)] }),
      [3, 'ReadyForNewScale', 'TooFewReplicas', true],
    ],
    [
      'grows to the lowest wish of its window',
      wish(3, 9),
      recommended([5, 30], [8, 10]),
      up({ stabilizationWindowSeconds: 60, policies: [policy('Pods', 50, 15)] }),
      [5, 'ScaleUpStabilized', 'DesiredWithinRange', false],
    ],
    [
      'shrinks to the highest wish of its window',
      wish(10, 2),
      recommended([9, 61], [6, 30]),
      down({ stabilizationWindowSeconds: 60, policies: [policy('Percent', 100, 15)] }),
      [6, 'ScaleDownStabilized', 'DesiredWithinRange', false],
    ],
    [
      'shrinks by the flag where it has no window',
      wish(10, 2),
      recommended([6, 299]),
      { ...up({ policies: [policy('Pods', 4, 15)] }) },
      [6, 'ScaleDownStabilized', 'DesiredWithinRange', false],
    ],
  ])('%s', (_what, ...played) => {
    const [of, memory, behaved, want] = played;
    expect(told(settle(of, memory, behaved))).toEqual(want);
  });

  it('remembers a step for as long as a policy looks back to it', () => {
    const { behavior } = down({ policies: [policy('Pods', 1, 60)] });
    const memory = stepped(steps('removed', [1, 59], [2, 61]), { from: 5, to: 3, nowMs }, behavior);
    expect(memory.removed.map(({ change }) => change)).toEqual([1, 2]);
    expect(stepped(memory, { from: 3, to: 7, nowMs }, behavior).added).toEqual([{ change: 4, atMs: nowMs }]);
  });

  const wishes = fc.record({
    current: fc.integer({ min: 1, max: 100 }),
    desired: fc.integer({ min: 0, max: 500 }),
    min: fc.integer({ min: 1, max: 10 }),
    max: fc.integer({ min: 10, max: 100 }),
  });
  const past = fc.array(fc.record({ replicas: fc.integer({ min: 0, max: 500 }), atMs: fc.integer({ min: nowMs - 400_000, max: nowMs }) }));
  it('stays within its bounds, and between what there is and what is wished for', () => {
    fc.assert(
      fc.property(wishes, past, fc.boolean(), (of, recommendations, behaves) => {
        fc.pre(of.current >= of.min && of.current <= of.max);
        const memory = { ...none, recommendations };
        const { replicas } = behaves
          ? settle(of, memory, down({ stabilizationWindowSeconds: 60, policies: [policy('Percent', 50, 15)] }))
          : settlePlainly(of, memory, plain);
        expect(replicas).toBeGreaterThanOrEqual(of.min);
        expect(replicas).toBeLessThanOrEqual(of.max);
      }),
    );
  });
});
