import { ApiError } from '../meta/api-error.ts';
import { parseYaml, readLongYaml } from './body.ts';
import { readYaml } from './yaml.ts';

const valueOf = (text: string): unknown => {
  const outcome = readYaml(text);
  if (!('json' in outcome)) throw new Error(JSON.stringify(outcome));
  return JSON.parse(outcome.json);
};
const lines = (count: number, line: (i: number) => string): string => Array.from({ length: count }, (_, i) => line(i)).join('\n');

describe('YAML of a request', () => {
  it.each([
    ['yes', true],
    ['On', true],
    ['n', false],
    ['OFF', false],
    ['tRUE', 'tRUE'],
    ['~', null],
    ['', null],
    ['Null', null],
    ['12', 12],
    ['+1_000', 1000],
    ['-0', 0],
    ['0777', 511],
    ['0o17', 15],
    ['08', 8],
    ['0x1F', 31],
    ['-0b101', -5],
    ['1e3', 1000],
    ['.5', 0.5],
    ['1.', 1],
    ['1e999', '1e999'],
    ['9'.repeat(500), '9'.repeat(500)],
    ['1.2.3', '1.2.3'],
    ['12:30:45', '12:30:45'],
    ['2026-01-02', '2026-01-02'],
    ['"yes"', 'yes'],
    ["'12'", '12'],
    ['!!str 12', '12'],
    ['! 12', '12'],
    ['!!int "12"', 12],
    ['!!float 12', 12],
    ['!!bool "yes"', true],
    ['!!null ""', null],
    ['!<tag:yaml.org,2002:str> yes', 'yes'],
    ['!unknown 12', '12'],
    ['!!binary aGVsbG8=', 'hello'],
    ['|\n  a\n  b\n', 'a\nb\n'],
    ['>-\n  a\n  b\n', 'a b'],
    ['|\n  a\n  b', 'a\nb'],
    ['>\n  a\n  b', 'a b'],
    ['|+\n  a', 'a'],
    ['|\n  a\n  ', 'a\n'],
    ['|\n  a\n# not of the block', 'a\n'],
    ['[a, 1, {b: c}]', ['a', 1, { b: 'c' }]],
    ['{a, b: }', { a: null, b: null }],
  ])('takes %j for %j', (text, value) => {
    expect(valueOf(`v: ${text}`)).toEqual({ v: value });
  });

  it('keeps whole numbers of 64 bits exact', () => {
    const outcome = readYaml('a: 9007199254740993\nb: [-9223372036854775808, 0x20000000000001]\n18446744073709551615: c\n');
    expect(outcome).toMatchObject({
      json: '{"a":9007199254740993,"b":[-9223372036854775808,9007199254740993],"18446744073709551615":"c"}',
    });
  });

  it('makes text of keys', () => {
    expect(valueOf('1: a\nyes: b\n1.5: c\n__proto__: d\n')).toEqual(JSON.parse('{"1":"a","true":"b","1.5":"c","__proto__":"d"}'));
  });

  it('reads the first document, and nothing as null', () => {
    expect(valueOf('a: 1\n---\nb: 2\n')).toEqual({ a: 1 });
    expect(valueOf('')).toBeNull();
    expect(valueOf('# nothing\n')).toBeNull();
  });

  it('puts in what aliases and merges stand for', () => {
    const text = 'base: &b {x: 1, z: 2}\nalias: *b\nmerged:\n  <<: *b\n  z: 3\nseveral:\n  <<: [{x: 8}, *b]\nquoted:\n  "<<": z\n';
    expect(valueOf(text)).toEqual({
      base: { x: 1, z: 2 },
      alias: { x: 1, z: 2 },
      merged: { x: 1, z: 3 },
      several: { x: 8, z: 2 },
      quoted: { '<<': 'z' },
    });
  });

  it.each([
    ['a: &a [*a]', "anchor 'a' value contains itself"],
    ['a: *b', "unknown anchor 'b' referenced"],
    ['a: [', 'line 1: '],
    ['a: b\n  c: d', 'line 2: '],
    ['a: .nan', 'json: unsupported value: .nan'],
    ['b: 1\na: !!int x', 'line 2: cannot decode !!str `x` as a !!int'],
    ['a: !!binary "a"', '!!binary value contains invalid base64 data'],
    ['? [a]\n: b', 'invalid map key: ["a"]'],
    ['~: b', 'unsupported map key of type'],
    ['a: 1\nb: "\\ud800"', 'line 2: found invalid Unicode character escape code'],
    ['a: "\\U0011FFFF"', 'found invalid Unicode character escape code'],
    ['<<: 1', 'map merge requires map or sequence of maps as the value'],
    ['['.repeat(2000), 'line 1: '],
    ['- '.repeat(2000), 'line 1: '],
  ])('refuses %j', (text, message) => {
    expect(readYaml(text)).toEqual({ error: expect.stringContaining(message) });
  });

  it('says where keys are repeated; the last one counts', () => {
    const outcome = readYaml('a:\n  b: 1\n  c: 2\n  b: 3\n1: x\n1: y\n');
    expect(outcome).toMatchObject({
      duplicates: ['yaml: unmarshal errors:\n  line 4: key "b" already set in map\n  line 6: key "1" already set in map'],
    });
    expect(JSON.parse((outcome as { json: string }).json)).toMatchObject({ a: { b: 3 } });
    expect((readYaml('a: 1\n'.repeat(5000)) as { duplicates: string[] }).duplicates[0]!.split('\n')).toHaveLength(101);
  });

  it('counts aliases as what they stand for', () => {
    const bomb = lines(12, (i) => (i === 0 ? 'a0: &a0 [x, y]' : `a${i}: &a${i} [${`*a${i - 1}, `.repeat(9)}]`));
    expect(readYaml(bomb)).toEqual({ error: 'document contains excessive aliasing' });
    const merges = lines(2000, (i) => (i === 0 ? 'a0: &a0 {k0: v}' : `a${i}: &a${i}\n  <<: *a${i - 1}\n  k${i}: v`));
    expect(readYaml(merges)).toEqual({ error: 'document contains excessive aliasing' });
    expect(readYaml(`a: [${'b, '.repeat(130_000)}]`)).toEqual({ tooLarge: true });
  });

  it.each([
    ['UTF-16, little end first', Buffer.from('\ufeffa: é', 'utf16le'), { a: 'é' }],
    ['UTF-16, big end first', Buffer.from('\ufeffa: é', 'utf16le').swap16(), { a: 'é' }],
    ['UTF-8 with a mark', Buffer.from('\ufeffa: é'), { a: 'é' }],
  ])('reads %s', (_, bytes, value) => {
    expect(parseYaml(bytes).value).toEqual(value);
  });

  it.each([
    ['a byte that begins nothing', Buffer.from([0x61, 0x3a, 0x20, 0xff])],
    ['half a character', Buffer.from([0x61, 0x3a, 0x20, 0xc3])],
    ['JSON with one', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
  ])('refuses %s', (_, bytes) => {
    expect(() => parseYaml(bytes)).toThrow('error decoding YAML: yaml: invalid leading UTF-8 octet');
  });

  it('reads long texts in another thread, and says the same', async () => {
    const type = 'application/yaml';
    const read = async (text: string): Promise<unknown> => parseYaml(Buffer.from(text), await readLongYaml(Buffer.from(text), type)).value;
    const long = `a: b\n${'# a comment\n'.repeat(10_000)}c: [1, yes]\n`;
    expect(await read(long)).toEqual({ a: 'b', c: [1, true] });
    expect(await read(`{${' '.repeat(70_000)}"a": 1}`)).toEqual({ a: 1 });
    expect(await read(`{${' '.repeat(70_000)}a: 1}`)).toEqual({ a: 1 });
    await expect(read('{"a": '.repeat(20_000))).rejects.toThrow('error decoding YAML: yaml: exceeded max depth');
    await expect(read('{a: '.repeat(20_000))).rejects.toThrow('error decoding YAML: yaml: exceeded max depth');
    await expect(read(`${long}a: [`)).rejects.toThrow('error decoding YAML: yaml: line ');
    await expect(read(`a: [${'b, '.repeat(130_000)}]`)).rejects.toThrow('at most 125000 values');
    expect(readLongYaml(Buffer.from('a: b'), type)).toBeUndefined();
    expect(readLongYaml(Buffer.from(long), 'application/json')).toBeUndefined();
    // Nobody reads one at once by mistake.
    expect(() => parseYaml(Buffer.from(long))).toThrow(ApiError);
  });
});
