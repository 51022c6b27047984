import { excerptOf } from './excerpt.ts';

const text = 'FROM scratch\nCOPY a /\nRUN one \\\n  two\nCMD x\n';

describe('the lines around a mistake', () => {
  it.each([
    [
      1,
      1,
      'Dockerfile:1\n--------------------\n   1 | >>> FROM scratch\n   2 |     COPY a /\n   3 |     RUN one \\\n--------------------\n',
    ],
    [
      3,
      4,
      'Dockerfile:3\n--------------------\n   2 |     COPY a /\n   3 | >>> RUN one \\\n   4 | >>>   two\n   5 |     CMD x\n--------------------\n',
    ],
    [
      5,
      5,
      'Dockerfile:5\n--------------------\n   3 |     RUN one \\\n   4 |       two\n   5 | >>> CMD x\n   6 |     \n--------------------\n',
    ],
    [9, 9, ''],
  ])('from %p to %p', (first, last, wanted) => {
    expect(excerptOf(text, 'Dockerfile', { first, last })).toBe(wanted);
  });
});
