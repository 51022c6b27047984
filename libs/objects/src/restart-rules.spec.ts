import { restartRuleFor } from './restart-rules.ts';

const rule = (action: string, operator: string, ...values: number[]) => ({ action, exitCodes: { operator, values } });
const rules = [rule('a', 'In', 1, 2), rule('b', 'NotIn', 3), rule('c', 'In', 3)];

it.each([
  [1, 'a'],
  [2, 'a'],
  [4, 'b'],
  [0, 'b'],
  [3, 'c'],
])('exit code %i meets rule %s: the first that fits', (code, want) => {
  expect(restartRuleFor({ restartPolicyRules: rules }, code)?.action).toBe(want);
});

it('without rules none fits', () => {
  expect([restartRuleFor({}, 1), restartRuleFor({ restartPolicyRules: [rule('a', 'In', 2)] }, 1)]).toEqual([undefined, undefined]);
});
