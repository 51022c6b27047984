import { BuildError } from '../contract.ts';
import { expand, expandHeredoc, splitBlanks, splitWords } from './words.ts';

const values: Record<string, string> = {
  A: 'one',
  EMPTY: '',
  SPACED: 'a b',
  STR: 'foobarbaz',
  STAR: 'a*b',
  LINES: 'a\nb',
  PATH: '/usr/bin',
};
const rules = { line: 1, escape: '\\' as const, lookup: (name: string) => (Object.hasOwn(values, name) ? values[name] : undefined) };

/** Dockerfile reference, "Environment replacement", a line a sentence; then what its parser does that it does not tell. */
describe('environment replacement', () => {
  it.each([
    ['plain', 'plain'],
    ['$A-$B', 'one-'],
    ['${A}x', 'onex'],
    ['"$A"', 'one'],
    ["'$A'", '$A'],
    ['\\$A', '$A'],
    ['\\${A}', '${A}'],
    ['"\\$A \\n"', '$A \\n'],
    ['${B:-two}', 'two'],
    ['${B-two}', 'two'],
    ['${EMPTY:-two}', 'two'],
    ['${EMPTY-two}', ''],
    ['${A:+set}', 'set'],
    ['${A+set}', 'set'],
    ['${EMPTY:+set}', ''],
    ['${EMPTY+set}', 'set'],
    ['${B:+set}', ''],
    ['${A:?no}', 'one'],
    ['${EMPTY?no}', ''],
    ['${B:-${A}}', 'one'],
    ['${B:-"q u"}', 'q u'],
    ['${B:-a\\}b}', 'a}b'],
    ['${STR#f*b}', 'arbaz'],
    ['${STR##f*b}', 'az'],
    ['${STR%b*}', 'foobar'],
    ['${STR%%b*}', 'foo'],
    ['${STR/ba/fo}', 'fooforbaz'],
    ['${STR//ba/fo}', 'fooforfoz'],
    ['${STR//o/}', 'fbarbaz'],
    ['${STR#x}', 'foobarbaz'],
    ['${STR#???}', 'barbaz'],
    ['${STR%${A}}', 'foobarbaz'],
    ['${STAR#a\\*}', 'b'],
    ['${STAR%\\*b}', 'a'],
    ['${STAR/\\*/-}', 'a-b'],
    ['${PATH//\\//_}', '_usr_bin'],
    ['${STR//*/x}', 'x'],
    ['${LINES#*b}', 'a\nb'],
    ['${B#x}', ''],
    ['${B/x/y}', ''],
    ['$SPACED', 'a b'],
    ['a\\ b', 'a b'],
    ['$', '$'],
    ['100$', '100$'],
    ['$$', ''],
    ['$1x', 'x'],
    ['a\\', 'a'],
    ['$(pwd)', '$(pwd)'],
  ])('%s becomes %p', (text, value) => {
    expect(expand(text, rules)).toBe(value);
  });

  it.each([
    ['${A', "syntax error: missing '}'"],
    ['${A:-x', "syntax error: missing '}'"],
    ['${A/x', "syntax error: missing '/' in ${}"],
    ['${A/x/y', "syntax error: missing '}'"],
    ['"open', 'looking for matching double-quote'],
    ["'open", 'looking for matching single-quote'],
    ['${}', 'bad substitution'],
    ['${:x}', 'bad substitution'],
    ['${{A}}', 'bad substitution'],
    ['${A^^}', 'unsupported modifier (^) in substitution'],
    ['${A:#x}', 'unsupported modifier (:#) in substitution'],
    ['${B?}', 'B: is not allowed to be unset'],
    ['${EMPTY:?}', 'EMPTY: is not allowed to be empty'],
    ['${B:?needed}', 'B: needed'],
    ['${A#\\x}', "invalid escape '\\x'"],
  ])('%s is refused: %s', (text, reason) => {
    expect(() => expand(text, rules)).toThrow(BuildError);
    expect(() => expand(text, rules)).toThrow(reason);
  });

  it('names of the language are no variables', () => {
    expect(expand('$constructor-${__proto__}', rules)).toBe('-');
  });

  it('a pattern of many stars is as quick as any', () => {
    const slow = { ...rules, lookup: () => 'a'.repeat(5000) };
    expect(expand(`\${X##${'*a'.repeat(30)}b}`, slow)).toHaveLength(5000);
  });
});

describe('the content of a here-document', () => {
  it.each([
    ['say "$A"', 'say "one"'],
    ["it's $A", "it's one"],
    ['say \\"hi\\"', 'say "hi"'],
    ['\\$A', '$A'],
    ['"open', '"open'],
  ])('%s becomes %p', (text, value) => {
    expect(expandHeredoc(text, { ...rules, escape: '`' })).toBe(value);
  });
});

describe('words', () => {
  it('are split at blanks outside of quotes', () => {
    expect(splitWords('a="1 2" b=\'3 4\' c=5\\ 6  d \\', '\\')).toEqual(['a="1 2"', "b='3 4'", 'c=5\\ 6', 'd']);
  });

  it('of paths are split at every blank', () => {
    expect(splitBlanks(' "a b"\tc ')).toEqual(['"a', 'b"', 'c']);
  });
});
