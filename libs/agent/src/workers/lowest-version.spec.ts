import { lowestOf } from './lowest-version.ts';

it('what all have taken in is as much as the slowest has', () => {
  const reported: string[] = [];
  const [first, second] = lowestOf(2, (version) => reported.push(version));
  first!('9');
  expect(reported).toEqual([]);
  second!('8');
  second!('10');
  first!('9');
  first!('12');
  expect(reported).toEqual(['8', '9', '10']);
  lowestOf(1, (version) => reported.push(version))[0]!('3');
  expect(reported.at(-1)).toBe('3');
});
