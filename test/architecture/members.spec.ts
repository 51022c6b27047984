import { faultsOf, families, type Family } from './members.ts';
import { files, read } from './tree.ts';

it.each(families)('every $what is listed once and has a spec', (family) => expect(faultsOf(family, files, read)).toEqual([]));

it.each(families)('the exceptions among $what are files that are there', ({ except = {} }) => {
  expect(Object.keys(except).filter((path) => !files.includes(path))).toEqual([]);
});

describe('a family', () => {
  const family: Family = { what: 'plugin', member: /^p\/[a-z]+\.ts$/, list: /^p\/index\.ts$/, except: { 'p/index.ts': 'is the list' } };
  const whole = { 'p/index.ts': "import { a } from './a.ts';", 'p/a.ts': '', 'p/a.spec.ts': "import { a } from './a.ts';" };
  const kinds: Family = { what: 'kind', member: /^k\/[a-z]+\/kind\.ts$/, specs: (path) => new RegExp(`^${path.slice(0, 3)}/`) };

  it.each<{ name: string; family?: Family; tree: Record<string, string>; want: string[] }>([
    { name: 'is whole', tree: whole, want: [] },
    { name: 'has moved away', tree: { 'q/a.ts': '' }, want: ['plugin there is none that /^p\\/[a-z]+\\.ts$/ finds'] },
    { name: 'has lost its list', tree: { 'p/a.ts': '' }, want: ['plugin there is no list that /^p\\/index\\.ts$/ finds'] },
    { name: 'has a member that nobody lists', tree: { ...whole, 'p/index.ts': '' }, want: ['p/a.ts is imported 0 times by its list'] },
    {
      name: 'has a member that is listed twice',
      tree: { ...whole, 'p/index.ts': "import { a } from './a.ts';\nexport { a } from './a.ts';" },
      want: ['p/a.ts is imported 2 times by its list'],
    },
    { name: 'has a member without a spec', tree: { ...whole, 'p/a.spec.ts': "import { b } from './b.ts';" }, want: ['p/a.ts has no spec'] },
    {
      name: 'has a member whose name begins like one that is listed',
      tree: { ...whole, 'p/ab.ts': '', 'p/ab.spec.ts': "import { ab } from './ab.ts';" },
      want: ['p/ab.ts is imported 0 times by its list'],
    },
    { name: 'has folders', family: kinds, tree: { 'k/a/kind.ts': '', 'k/a/x.spec.ts': "import './y.ts'; from './kind.ts'" }, want: [] },
    {
      name: 'has a folder that no spec looks into',
      family: kinds,
      tree: { 'k/a/kind.ts': '', 'k/b/kind.ts': '', 'k/b/x.spec.ts': "from './kind.ts'" },
      want: ['k/a/kind.ts has no spec'],
    },
  ])('$name', ({ family: given = family, tree, want }) => {
    const faults = faultsOf(given, Object.keys(tree), (path) => tree[path]!);
    expect(faults.map(({ member, why }) => `${member} ${why}`)).toEqual(want);
  });
});
