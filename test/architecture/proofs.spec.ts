import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isProven, proofsIn, provedRows, titlesIn } from './proofs.ts';

/** What is wrong with the proofs of a document: files that are not there, titles that no test has, rows without a proof. */
function wrongProofs(markdown: string): string[] {
  const missing = proofsIn(markdown).flatMap(({ file, title }) => {
    if (!existsSync(file)) return [`${file} is not there`];
    return titlesOf(file).has(title) ? [] : [`${file} has no test "${title}"`];
  });
  const unproven = provedRows(markdown).filter((row) => !isProven(row['proved by'] ?? ''));
  return [...missing, ...unproven.map((row) => `no proof of: ${Object.values(row)[0]}`)];
}

const read = new Map<string, ReadonlySet<string>>();
function titlesOf(file: string): ReadonlySet<string> {
  const titles = read.get(file) ?? titlesIn(file);
  read.set(file, titles);
  return titles;
}

describe('proofs that documents name', () => {
  const documents = readdirSync('docs').filter((name) => name.endsWith('.md'));

  it.each(documents)('of docs/%s are tests that there are', (name) => {
    expect(wrongProofs(readFileSync(join('docs', name), 'utf8'))).toEqual([]);
  });

  it('are there for security and compatibility, sentence by sentence', () => {
    for (const [name, rows] of Object.entries({ 'security.md': 30, 'compatibility.md': 30, 'conformance.md': 20 })) {
      expect(provedRows(readFileSync(join('docs', name), 'utf8')).length).toBeGreaterThan(rows);
    }
  });

  let folder: string;
  let spec: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'proofs-'));
    spec = join(folder, 'a.spec.ts');
    writeFileSync(
      spec,
      `describe('pods', () => {
         it('run', () => {});
         const rows = [['a', true], ['b', false]];
         it.each(rows)('of %s end: %s', () => {});
         it.each([{ name: 'are small', more: of() }, { name: 'are many' }])('$name', () => {});
         it.each(computed())('come from $where', () => {});
       });
       describe.each([{ os: 'Linux' }])('on $os', ({ os }) => { it(\`is \${os}\`, () => {}); });
       describe('nothing', () => {});`,
    );
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const table = (...proofs: string[]): string =>
    ['| what | proved by |', '|---|---|', ...proofs.map((proof) => `| x | ${proof} |`)].join('\n');

  it.each([
    'run',
    'pods run',
    'pods',
    'of a end: true',
    'pods of b end: false',
    'are many',
    'come from $where',
    'on Linux is ${os}',
    'on $os',
  ])('may be called "%s"', (title) => {
    expect(wrongProofs(table(`\`${spec}\` "${title}"`))).toEqual([]);
  });

  it.each(['runs', 'od', 'end: true', 'of a end: false', 'pods come', 'nothing', 'Run'])('are not called "%s"', (title) => {
    expect(wrongProofs(table(`\`${spec}\` "run" "${title}"`))).toEqual([`${spec} has no test "${title}"`]);
  });

  it('are in files that are there, and stand in every row', () => {
    expect(wrongProofs(table('`test/none.spec.ts` "run"', 'by hand', `\`${spec}\``, `\`${spec}\` "run", \`${spec}\``))).toEqual([
      'test/none.spec.ts is not there',
      'no proof of: x',
      'no proof of: x',
      'no proof of: x',
    ]);
  });
});
