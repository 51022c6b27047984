import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

const root = 'libs/controllers/src';
const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', root], { encoding: 'utf8' })
  .split('\n')
  .filter((path) => path !== '' && existsSync(path));
const folders = [
  ...new Set(files.flatMap((path) => /^libs\/controllers\/src\/([a-z-]+)\/(?:controller|reconcile)\.ts$/.exec(path)?.[1] ?? [])),
];
const list = readFileSync(`${root}/index.ts`, 'utf8');

/** What only the framework does: a controller that did it itself would have a loop of its own. */
const loops = /\bKeyedWorkers\b|\bsyncedBefore\b|clock\.every\(|\.onChange\(|\binformers\b|\bAbortSignal\b|\bRunnable\b/;

it('there are controllers to look at', () => {
  expect(folders.length).toBeGreaterThan(15);
});

describe.each(folders)('the controller %s', (name) => {
  const read = (file: string): string => (files.includes(`${root}/${name}/${file}`) ? readFileSync(`${root}/${name}/${file}`, 'utf8') : '');

  it('is a folder with what it observes and does, how it decides, and a table of decisions', () => {
    for (const file of ['controller.ts', 'reconcile.ts', 'reconcile.spec.ts']) expect(files).toContain(`${root}/${name}/${file}`);
    expect(read('controller.ts')).toMatch(/: (Controller|Sweep)<\w+, Action/);
    expect(read('reconcile.spec.ts')).toMatch(/\breconcile\b/);
  });

  it('leaves loops, queues and caches to the framework', () => {
    const own = files.filter((path) => path.startsWith(`${root}/${name}/`) && !path.endsWith('.spec.ts'));
    expect(own.filter((path) => loops.test(readFileSync(path, 'utf8')))).toEqual([]);
  });

  it('decides in a pure function', () => {
    const text = read('reconcile.ts');
    expect(text).toMatch(/^export function reconcile\(/m);
    expect(text).not.toMatch(/\b(async|await|Promise)\b/);
  });

  it('has one line in the list', () => {
    const imported = new RegExp(`import \\{ ([^}]*) \\} from '\\./${name}/controller\\.ts';`).exec(list)?.[1] ?? '';
    const [given = ''] = imported.split(', ').filter((part) => !part.startsWith('type '));
    expect(given).not.toBe('');
    expect(list.split('\n').filter((line) => new RegExp(`\\b(runnable|sweeping)\\(${given}\\b`).test(line))).toHaveLength(1);
  });
});
