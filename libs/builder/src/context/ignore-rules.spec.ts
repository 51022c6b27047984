import { IgnoreRules } from './ignore-rules.ts';
import { patternRegExp } from './pattern.ts';

describe('.dockerignore', () => {
  it.each<[string, string[], string[]]>([
    ['*.md', ['a.md'], ['d/a.md', 'a.mdx']],
    ['**/*.md', ['a.md', 'd/a.md', 'd/e/a.md'], ['md']],
    ['node_modules', ['node_modules', 'node_modules/x/y'], ['a/node_modules']],
    ['**/node_modules', ['node_modules/x', 'a/b/node_modules'], ['node_modules2']],
    ['/abs', ['abs', 'abs/x'], ['d/abs']],
    ['./rel/', ['rel', 'rel/x'], ['relx']],
    ['a/?/c', ['a/b/c'], ['a/bb/c', 'a//c']],
    ['[a-c]x', ['ax', 'cx'], ['dx']],
    ['[^a]x', ['bx'], ['ax']],
    ['[!a]x', ['ax', '!x'], ['bx']],
    ['*\n!keep', ['drop', 'd/keep'], ['keep', 'keep/x']],
    ['*.md\n!README*.md\nREADME-secret.md', ['a.md', 'README-secret.md'], ['README.md', 'README2.md']],
    ['*.md\nREADME-secret.md\n!README*.md', ['a.md'], ['README-secret.md']],
    ['dir/**', ['dir/x', 'dir/x/y'], ['dir']],
    ['# no rule\n\n  spaced  ', ['spaced'], ['# no rule', 'no rule']],
    ['a/../b', ['b'], ['a']],
    ['\\*', ['*'], ['x']],
    ['.', [], ['a']],
  ])('%p', (text, ignored, kept) => {
    const rules = IgnoreRules.parse(text);
    expect(ignored.filter((path) => !rules.ignores(path))).toEqual([]);
    expect(kept.filter((path) => rules.ignores(path))).toEqual([]);
  });

  it('refuses what is no pattern', () => {
    expect(() => IgnoreRules.parse('[a')).toThrow('illegal exclusion pattern');
    expect(() => IgnoreRules.parse('a\n ! \n')).toThrow('illegal exclusion pattern: "!"');
    expect(() => patternRegExp('a\\')).toThrow(SyntaxError);
  });
});
