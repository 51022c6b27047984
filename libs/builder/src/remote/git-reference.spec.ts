import { type GitReference, parseGitReference } from './git-reference.ts';

describe('a Git repository', () => {
  it.each<[string, Partial<GitReference>]>([
    ['https://github.com/foo/bar.git', { remote: 'https://github.com/foo/bar.git', submodules: true }],
    ['https://u:p@h:8443/foo/bar.git#main', { remote: 'https://u:p@h:8443/foo/bar.git', ref: 'main' }],
    ['http://h/x.git#refs/heads/a:some/dir', { remote: 'http://h/x.git', ref: 'refs/heads/a', directory: 'some/dir' }],
    ['git://h/x#:dir', { remote: 'git://h/x', directory: 'dir' }],
    ['git@github.com:foo/bar.git#v1', { remote: 'git@github.com:foo/bar.git', ref: 'v1' }],
    ['ssh://git@h/x', { remote: 'ssh://git@h/x' }],
    ['https://h/x.git?branch=a&subdir=d', { ref: 'refs/heads/a', directory: 'd' }],
    ['https://h/x.git?tag=v1&checksum=abc', { ref: 'refs/tags/v1', checksum: 'abc' }],
    ['https://h/x.git?ref=v1&keep-git-dir&submodules=false', { ref: 'v1', keepGitDir: true, submodules: false }],
  ])('%s', (text, wanted) => {
    expect(parseGitReference(text)).toMatchObject(wanted);
  });

  it.each(['https://h/x', 'https://h/x.git/y', 'dir/git@x:y', './a', '/abs', 'github.com/foo/bar', 'file:///x.git', 'a:b'])(
    '%s is none',
    (text) => {
      expect(parseGitReference(text)).toBeUndefined();
    },
  );

  it.each([
    ['https://h/x.git?foo=1', 'unexpected query "foo"'],
    ['https://h/x.git?ref=', 'query "ref" has no value'],
    ['https://h/x.git?ref=a#b', 'ref conflicts: "b" vs "a"'],
    ['https://h/x.git?tag=a&branch=b', 'ref conflicts'],
    ['https://h/x.git?keep-git-dir=perhaps', 'invalid keep-git-dir value: "perhaps"'],
  ])('%s is refused', (text, words) => {
    expect(() => parseGitReference(text)).toThrow(words);
  });
});
