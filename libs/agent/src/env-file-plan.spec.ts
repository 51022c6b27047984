import { valueInEnvFile } from './env-file-plan.ts';

describe('an environment file', () => {
  it.each<[string, string, string | undefined]>([
    ['a value', "A='1'\nB='2'", '2'],
    ['a value beside its comment', "B='2' # two", '2'],
    ['a value that is taken as it stands', 'B=\'$A \\n "x" #\'', '$A \\n "x" #'],
    ['a value of several lines, assignments and comments in it too', "B='one\n# two\nB=3\n'", 'one\n# two\nB=3\n'],
    ['the first of several', "B='1'\nB='2'", '1'],
    ['comments, blank lines and spaces before', "# B='1'\n\n \t B='2'", '2'],
    ['an empty value', "B=''", ''],
    ['an empty value before a space', "B= '2'", ''],
    ['none', "A='1'\n", undefined],
    ['none in an empty file', '', undefined],
  ])('has %s', (_what, text, value) => expect(valueInEnvFile(text, 'B')).toBe(value));

  it.each([
    ['B', "at line 1: missing '='"],
    ["\n='1'", 'at line 2: empty variable name'],
    ["B ='1'", "at line 1: whitespace before '=' is not allowed"],
    ['B=1', 'at line 1: value must be enclosed in single quotes'],
    ['B="1"', 'at line 1: value must be enclosed in single quotes'],
    ["A='1'\nB='2\n3", 'starting at line 2: unclosed single quote'],
    ["B='1'2", 'at line 1: unexpected content after closing quote'],
    ["B='1\n2'3", 'at line 2: unexpected content after closing quote'],
  ])('is none: %j', (text, says) => expect(() => valueInEnvFile(text, 'B')).toThrow(`invalid environment variable format ${says}`));
});
