import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

const home = 'libs/objects/src/names.ts';
const names = [...readFileSync(home, 'utf8').matchAll(/'([a-z.-]+\.io\/[A-Za-z.-]+)'/g)].map(([, name]) => name!);
const sources = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', 'apps', 'libs'], { encoding: 'utf8' })
  .split('\n')
  .filter((path) => path.endsWith('.ts') && path !== home && existsSync(path))
  .filter((path) => !/\.spec\.ts$|\/(testing|gen|type-table|conformance|fields)\//.test(path) && !path.endsWith('/testing.ts'));

it('there are names to look for', () => {
  expect(names.length).toBeGreaterThan(20);
});

it('a label, annotation or taint that several parts know is written in one place', () => {
  const again = sources.flatMap((path) => {
    const text = readFileSync(path, 'utf8');
    return names.filter((name) => text.includes(`'${name}'`)).map((name) => `${path}: ${name}`);
  });
  expect(again).toEqual([]);
});
