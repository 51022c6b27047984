import { cells, complaintsAbout, created, updated } from '../../testing.ts';
import { configMap } from './kind.ts';

describe('a config map', () => {
  it.each([
    ['has keys that can be file names', { data: { 'a.b_c-1': 'x' } }, []],
    ['has no key that leads elsewhere', { data: { '..': 'x' } }, ['data[..]: Invalid value: "..": must not be \'..\'']],
    [
      'has each key once',
      { data: { k: 'x' }, binaryData: { k: 'eA==' } },
      ['data[k]: Invalid value: "k": duplicate of key present in binaryData'],
    ],
    ['is no larger than a mebibyte', { data: { k: 'x'.repeat(1_048_577) } }, ['[]: Too long: may not be more than 1048576 bytes']],
  ])('%s', (_name, body, want) => expect(complaintsAbout(configMap, body)).toEqual(want));

  it('does not change once it is immutable', () => {
    const frozen = created(configMap, { data: { k: '1' }, immutable: true });
    expect(updated(configMap, frozen, { metadata: frozen.metadata, data: { k: '2' } }).complaints).toEqual([
      'immutable: Forbidden: field is immutable when `immutable` is set',
      'data: Forbidden: field is immutable when `immutable` is set',
    ]);
  });

  it('counts both kinds of data', () => {
    expect(cells(configMap, created(configMap, { data: { a: '' }, binaryData: { b: 'eA==' } })).Data).toBe(2);
  });
});
