import { growth } from './flat.ts';

describe('growth', () => {
  it.each([
    ['the same', { value: 4, slack: 0 }, { value: 4, slack: 0 }, []],
    ['less', { value: 4, slack: 0 }, { value: 1, slack: 0 }, []],
    ['more, within the slack', { value: 4, slack: 2 }, { value: 6, slack: 2 }, []],
    ['more', { value: 4, slack: 2 }, { value: 7, slack: 2 }, ['mounts: 4 before, 7 after, 2 more would be flat']],
    ['gone', { value: 4, slack: 2 }, undefined, ['mounts: 4 before, none after']],
    ['new', undefined, { value: 4, slack: 2 }, ['mounts: none before, 4 after']],
  ])('%s', (_name, before, after, want) => {
    expect(growth(before ? { mounts: before } : {}, after ? { mounts: after } : {})).toEqual(want);
  });
});
