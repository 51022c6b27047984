import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { files } from './tree.ts';

interface Rule {
  name: string;
  from: { path?: string | string[] };
}
const { forbidden } = createRequire(import.meta.url)(join(process.cwd(), '.dependency-cruiser.cjs')) as { forbidden: readonly Rule[] };
const covers = ({ from }: Rule, path: string): boolean => [from.path ?? []].flat().some((pattern) => new RegExp(pattern).test(path));
const layerOf = ({ name }: Rule): string | undefined => /^([a-z]+)-must-not-import-[a-z]+$/.exec(name)?.[1];

const libs = [...new Set(files.flatMap((path) => /^libs\/([^/]+)\//.exec(path)?.[1] ?? []))];
const layersOf = (lib: string): string[] => [
  ...new Set(forbidden.filter((rule) => covers(rule, `libs/${lib}/src/x.ts`)).flatMap((rule) => layerOf(rule) ?? [])),
];

it('every library is in one layer', () => {
  expect(libs.length).toBeGreaterThan(15);
  expect(libs.map((lib) => ({ lib, layers: layersOf(lib) })).filter(({ layers }) => layers.length !== 1)).toEqual([]);
});

it('every library of the domain meets the others at contracts', () => {
  const domain = libs.filter((lib) => layersOf(lib)[0] === 'domain');
  expect(domain).toContain('kinds');
  expect(domain.filter((lib) => !forbidden.some(({ name }) => name === `${lib}-meets-others-at-contract`))).toEqual([]);
});

it('no layer names a library that is not there', () => {
  const named = new Set(
    forbidden
      .filter(layerOf)
      .flatMap(({ from }) => [from.path ?? []].flat())
      .flatMap((pattern) => /^\^libs\/\(?([a-z|-]+)\)?\/$/.exec(pattern)?.[1]?.split('|') ?? []),
  );
  expect(named.size).toBeGreaterThan(15);
  expect([...named].filter((lib) => !libs.includes(lib))).toEqual([]);
});

it('the api-server is handed its kinds and types', () => {
  const own = files.filter((path) => path.startsWith('libs/api-server/src/') && !/(\.spec\.ts|\/testing\.ts)$|\/testing\//.test(path));
  expect(own.length).toBeGreaterThan(80);
  expect(own.filter((path) => /\bbuiltinTypes\b|from '#kinds'/.test(readFileSync(path, 'utf8')))).toEqual([]);
});
