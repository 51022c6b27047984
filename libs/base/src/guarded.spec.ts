import { expect, it } from '@jest/globals';
import { guarded } from './guarded.ts';

it('gives what a listener throws to whoever ends its stream', () => {
  const failures: unknown[] = [];
  const listener = guarded(
    (text: string) => void JSON.parse(text),
    (err) => failures.push(err),
  );
  for (const text of ['{}', '{', 'null', '']) listener(text);
  expect(failures).toEqual([expect.any(SyntaxError), expect.any(SyntaxError)]);
});
