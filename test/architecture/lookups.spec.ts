import ts from 'typescript';
import { unguarded } from './lookups.ts';

const config = ts.getParsedCommandLineOfConfigFile(
  'tsconfig.json',
  { noEmit: true },
  { ...ts.sys, onUnRecoverableConfigFileDiagnostic: fail },
);
function fail(diagnostic: ts.Diagnostic): never {
  throw new Error(ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n'));
}

/** What runs for a user; what only tests and the making of tables run may use brackets. */
const isServed = (file: string): boolean =>
  /\/(apps|libs)\/(?!.*\/node_modules\/)/.test(file) &&
  !/\.(spec|d)\.ts$|\/(gen|extract|conformance|testing)\/|\/testing\.ts$|\/base\/src\/record\.ts$/.test(file);

function places(files: readonly string[], fixture?: string): string[] {
  const options = { ...config!.options, noEmit: true };
  const host = ts.createCompilerHost(options);
  const readSource = host.getSourceFile.bind(host);
  host.getSourceFile = (name, how, ...rest) =>
    name === 'fixture.ts' ? ts.createSourceFile(name, fixture ?? '', how, true) : readSource(name, how, ...rest);
  const program = ts.createProgram(files, options, host);
  return unguarded(program, (name) => (fixture === undefined ? isServed(name) : name === 'fixture.ts')).map(({ place }) => place);
}

it('no object is read or written by a key that may be anybody’s: lookUp and setKey of #base are', () => {
  const files = config!.fileNames.filter(isServed);
  expect(files.length).toBeGreaterThan(500);
  expect(places(files)).toEqual([]);
});

it('sees such a look-up, and no other', () => {
  const fixture = `
    declare const table: Record<string, string>, other: { [name: string]: number } | undefined, list: string[], key: string;
    table[key];
    other?.[key];
    table[key] = 'x';
    key in table;
    (table as Record<string, string>)[key.trim()];
    Object.keys(list).map((name) => table[name]);
    const fine = [table.a, table['a'], list[0], list[Number(key)], delete table[key], Object.hasOwn(table, key)];
    for (const name in table) table[name];
    for (const name of Object.keys(table ?? {})) table[name];
    for (const [name] of Object.entries(table)) (table as object as Record<string, string>)[name];
    Object.keys(table).filter((name) => table[name] === '');
    const known: 'a' | 'b' = 'a';
    table[known];
  `;
  expect(places(['fixture.ts'], fixture).map((place) => place.replace(/^[^ ]* /, ''))).toEqual([
    'table[key]',
    'other?.[key]',
    'table[key]',
    'key in table',
    '(table as Record<string, string>)[key.trim()]',
    'table[name]',
  ]);
});
