import { isThere, pathsIn } from './paths.ts';
import { files, read } from './tree.ts';

const documents = files.filter((path) => /^(?:README|CONTRIBUTING|docs\/(?!adr\/).*)\.?(?:md)?$/.test(path) && path.endsWith('.md'));

it('documents name files and folders that are there', () => {
  expect(documents).toEqual(expect.arrayContaining(['README.md', 'CONTRIBUTING.md', 'docs/architecture.md']));
  const named = documents.flatMap((document) => pathsIn(read(document)).map((path) => ({ document, path })));
  expect(named.length).toBeGreaterThan(100);
  expect(named.filter(({ path }) => !isThere(path, files))).toEqual([]);
});

it.each<[text: string, paths: string[]]>([
  ['`libs/a/src/b.ts` and `libs/a/`', ['libs/a/src/b.ts', 'libs/a/']],
  ['a `chain.ts`, `npm test -- libs/a`, `CHANGELOG.md`', ['chain.ts', 'CHANGELOG.md']],
  ['`cluster.json` of a cluster, `plugins/index.ts`', ['plugins/index.ts']],
  ['`package.json` and `.dependency-cruiser.cjs`', ['package.json', '.dependency-cruiser.cjs']],
])('%j names %j', (text, paths) => expect(pathsIn(text)).toEqual(paths));

it.each<[path: string, is: boolean]>([
  ['libs/a/src/b.ts', true],
  ['libs/a/src', true],
  ['libs/a/src/', true],
  ['libs/a/sr', false],
  ['libs/a/src/b', false],
  ['libs/a/src/b.ts/', false],
  ['libs/<lib>/src/b.ts', true],
  ['libs/<lib>/b.ts', false],
  ['libs/a/src/*.ts', true],
  ['src/b.ts', true],
  ['c/b.ts', false],
  ['rc/b.ts', false],
  ['libs/a/src/{b,c}.ts', false],
  ['libs/a/src/{b,b}.ts', true],
])('%s is there: %p', (path, is) => expect(isThere(path, ['libs/a/src/b.ts'])).toBe(is));
