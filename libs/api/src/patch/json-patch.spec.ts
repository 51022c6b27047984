import { parseExact } from '#base';
import { ApiError } from '../meta/api-error.ts';
import { jsonPatch } from './json-patch.ts';

const document = { a: 1, b: { c: [1, 2, 3] }, n: null, 'x/y': { '~': 2 }, s: 'text' };
const refusal = (patch: unknown, target: unknown = document): number | undefined => {
  try {
    jsonPatch(target, patch);
  } catch (err) {
    if (err instanceof ApiError) return err.code;
    throw err;
  }
  return undefined;
};
const times = <T>(count: number, item: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => item(i));
const own = (text: string): unknown => JSON.parse(text);

describe('JSON patch', () => {
  it.each([
    ['adds a member', [{ op: 'add', path: '/d', value: 2 }], { d: 2 }],
    ['replaces by adding', [{ op: 'add', path: '/a', value: 2 }], { a: 2 }],
    ['adds null where no value is given', [{ op: 'add', path: '/d' }], { d: null }],
    ['inserts into a list', [{ op: 'add', path: '/b/c/1', value: 9 }], { b: { c: [1, 9, 2, 3] } }],
    ['appends', [{ op: 'add', path: '/b/c/-', value: 9 }], { b: { c: [1, 2, 3, 9] } }],
    ['appends at the length', [{ op: 'add', path: '/b/c/3', value: 9 }], { b: { c: [1, 2, 3, 9] } }],
    ['counts from the end', [{ op: 'replace', path: '/b/c/-1', value: 9 }], { b: { c: [1, 2, 9] } }],
    ['removes a member', [{ op: 'remove', path: '/b' }], { b: undefined }],
    ['removes an item', [{ op: 'remove', path: '/b/c/0' }], { b: { c: [2, 3] } }],
    ['reads escaped names', [{ op: 'replace', path: '/x~1y/~0', value: 9 }], { 'x/y': { '~': 9 } }],
    ['sets by replacing what is not there', [{ op: 'replace', path: '/d', value: 9 }], { d: 9 }],
    ['replaces null', [{ op: 'replace', path: '/n', value: 9 }], { n: 9 }],
    ['moves', [{ op: 'move', from: '/b/c/0', path: '/first' }], { first: 1, b: { c: [2, 3] } }],
    ['moves within a list', [{ op: 'move', from: '/b/c/0', path: '/b/c/2' }], { b: { c: [2, 3, 1] } }],
    ['tests what is alike', [{ op: 'test', path: '/b', value: { c: [1, 2, 3] } }], {}],
    ['takes null for what is not there', [{ op: 'test', path: '/nope', value: null }], {}],
    [
      'copies, not shares',
      [
        { op: 'copy', from: '/b', path: '/d' },
        { op: 'add', path: '/d/c/-', value: 4 },
        { op: 'remove', path: '/b/c/0' },
      ],
      { b: { c: [2, 3] }, d: { c: [1, 2, 3, 4] } },
    ],
  ])('%s', (_, patch, changed) => {
    const before = JSON.stringify(document);
    expect(jsonPatch(document, patch)).toEqual({ ...document, ...changed });
    expect(JSON.stringify(document)).toBe(before);
  });

  it('changes no value of the patch that it was given', () => {
    const value = { list: [1] };
    const patch = [
      { op: 'add', path: '/d', value },
      { op: 'add', path: '/d/list/-', value: 2 },
    ];
    expect(jsonPatch(document, patch)).toMatchObject({ d: { list: [1, 2] } });
    expect(value).toEqual({ list: [1] });
  });

  it('keeps whole numbers exact', () => {
    const text = '{"a":{"n":9007199254740993},"l":[9007199254740993]}';
    const patched = jsonPatch(parseExact(text), [
      { op: 'copy', from: '/a', path: '/b' },
      { op: 'test', path: '/b/n', value: parseExact('9007199254740993') },
    ]);
    expect(JSON.stringify(patched)).toBe('{"a":{"n":9007199254740993},"l":[9007199254740993],"b":{"n":9007199254740993}}');
    expect(refusal([{ op: 'test', path: '/a/n', value: 9007199254740992 }], parseExact(text))).toBe(422);
    expect(refusal([{ op: 'add', path: '/a/n/text', value: 1 }], parseExact(text))).toBe(422);
  });

  it('takes every name for a name', () => {
    const patched = jsonPatch({ m: {} }, [
      { op: 'add', path: '/m/__proto__', value: { polluted: true } },
      { op: 'add', path: '/m/constructor', value: 'x' },
    ]);
    expect(patched).toEqual({ m: own('{"__proto__":{"polluted":true},"constructor":"x"}') });
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    expect(refusal([{ op: 'remove', path: '/m/toString' }], { m: {} })).toBe(422);
  });

  it.each([
    ['what is no list', {}, 400],
    ['null', null, 400],
    ['an operation that is none', [1], 400],
    ['null for an operation', [null], 422],
    ['an unknown operation', [{ op: 'x', path: '/a' }], 422],
    ['no path', [{ op: 'add', value: 1 }], 422],
    ['a path that is no text', [{ op: 'add', path: 1, value: 1 }], 422],
    ['the document itself', [{ op: 'replace', path: '', value: {} }], 422],
    ['removing what is not there', [{ op: 'remove', path: '/nope' }], 422],
    ['replacing an item that is not there', [{ op: 'replace', path: '/b/c/3', value: 1 }], 422],
    ['adding below what is not there', [{ op: 'add', path: '/nope/x', value: 1 }], 422],
    ['adding below a text', [{ op: 'add', path: '/s/x', value: 1 }], 422],
    ['an index beyond the end', [{ op: 'add', path: '/b/c/4', value: 1 }], 422],
    ['an index that is no number', [{ op: 'add', path: '/b/c/x', value: 1 }], 422],
    ['removing from behind the end', [{ op: 'remove', path: '/b/c/-' }], 422],
    ['a move into itself', [{ op: 'move', from: '/b', path: '/b/c/0' }], 422],
    ['a copy from below what is not there', [{ op: 'copy', from: '/nope/x', path: '/d' }], 422],
    ['a move of what is not there', [{ op: 'move', from: '/nope', path: '/d' }], 422],
    ['a test that fails', [{ op: 'test', path: '/a', value: '1' }], 422],
    ['a test of less', [{ op: 'test', path: '/b', value: {} }], 422],
  ])('refuses %s', (_, patch, code) => {
    expect(refusal(patch)).toBe(code);
  });

  it('bounds what it copies, moves and looks at', () => {
    const doubling = times(40, (i) => ({ op: 'copy', from: '/b', path: `/b/x${i}` }));
    expect(refusal(doubling)).toBe(422);
    const large = { text: 'x'.repeat(1024 * 1024), rest: {} };
    const copies = times(4, (i) => ({ op: 'copy', from: '/text', path: `/rest/c${i}` }));
    expect(refusal(copies.slice(0, 2), large)).toBeUndefined();
    expect(refusal(copies, large)).toBe(422);

    const list = { list: times(50_000, () => 0), names: Object.fromEntries(times(50_000, (i) => [`n${i}`, i])) };
    expect(
      refusal(
        times(1000, () => ({ op: 'add', path: '/list/0', value: 1 })),
        list,
      ),
    ).toBe(413);
    expect(
      refusal(
        times(1000, () => ({ op: 'add', path: '/list/-', value: 1 })),
        list,
      ),
    ).toBeUndefined();
    expect(refusal([...times(1000, () => ({ op: 'test', path: '/names', value: {} }))], list)).toBe(422);
    const nested = times(4900, (i) => [
      { op: 'add', path: `/x${i + 1}`, value: {} },
      { op: 'move', from: `/x${i}`, path: `/x${i + 1}/y` },
    ]).flat();
    expect(refusal([{ op: 'add', path: '/x0', value: {} }, ...nested, { op: 'copy', from: '/x4900', path: '/z' }])).toBe(422);
    expect(refusal(times(10_001, () => ({ op: 'test', path: '/a', value: 1 })))).toBe(413);
  });
});
