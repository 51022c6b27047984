import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { files, read, sources } from './tree.ts';

/** Names that say nothing about what is inside. */
const emptyNames = /(^|\/)(utils?|helpers?|common|shared|misc|interfaces|dto|enums)(\/|\.ts$)/;

describe('the tree', () => {
  it('has files of one idea: at most 400 lines, specs 800', () => {
    const exempt = /^libs\/api\/src\/type-table\/rows\//; // the type table is data
    const long = sources
      .filter((path) => !exempt.test(path))
      .map((path) => ({ path, lines: read(path).split('\n').length - 1 }))
      .filter(({ path, lines }) => lines > (path.endsWith('.spec.ts') || path.includes('/conformance/') ? 800 : 400));
    expect(long).toEqual([]);
  });

  it('names nouns: no folder or file for odds and ends', () => {
    expect(files.filter((path) => emptyNames.test(path))).toEqual([]);
  });

  it('leaves nothing unfinished behind', () => {
    const marks = /\b(FIXME|XXX)\b|\bTODO\b(?!\(#\d+\))/;
    expect(sources.filter((path) => path !== 'test/architecture/tree.spec.ts' && marks.test(read(path)))).toEqual([]);
  });

  it('skips and focuses no test', () => {
    const narrowed = /\b(describe|it|test)\.(skip|only|todo)\b|\bx(it|describe)\(|\bf(it|describe)\(/;
    expect(
      sources.filter((path) => path.endsWith('.spec.ts') && path !== 'test/architecture/tree.spec.ts' && narrowed.test(read(path))),
    ).toEqual([]);
  });

  it('has thin entry points: main.ts of an app is at most 30 lines', () => {
    const mains = sources.filter((path) => /^apps\/[^/]+\/src\/main\.ts$/.test(path));
    expect(mains.length).toBeGreaterThan(0);
    expect(mains.filter((path) => read(path).split('\n').length > 31)).toEqual([]);
  });

  it('has living links in its documents', () => {
    const documents = files.filter((path) => path.endsWith('.md'));
    const dead = documents.flatMap((path) =>
      [...read(path).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)]
        .map(([, target]) => ({ path, target: target! }))
        .filter(({ target }) => !existsSync(join(dirname(path), target))),
    );
    expect(dead).toEqual([]);
  });

  it('names the ports and files of the contract as DESIGN and docs/architecture.md do', () => {
    const layout = read('libs/cli/src/supervisor/layout.ts');
    for (const [name, port] of Object.entries({
      api: 6443,
      grpc: 6444,
      registry: 5000,
      scheduler: 10259,
      controllerManager: 10257,
      agent: 10250,
    })) {
      expect(layout).toMatch(new RegExp(`\\b${name}: ${port} \\+ portOffset`));
    }
  });
});

describe('the documents', () => {
  const described = read('docs/architecture.md') + read('docs/node.md');

  it('tell every flag of every part, and no other', () => {
    const places = sources.filter((path) => /^apps\/(?!cli\/).*(config|settings)\.ts$|^libs\/base\/src\/flags\.ts$/.test(path));
    const flags = places.flatMap((path) =>
      [...read(path).matchAll(/^ +'?([a-z][a-z-]*[a-z0-9])'?: (?:\{ (?:type:|\.\.\.text)|text\b)/gm)].map(([, name]) => name!),
    );
    expect(new Set(places.map((path) => path.split('/')[1])).size).toBe(7);
    expect(flags.filter((flag) => !new RegExp(`--${flag}(?![a-z-])`).test(described))).toEqual([]);
    const told = /## Processes and their flags\n([^]*?)\n## /.exec(described)![1]!;
    const known = new Set(flags);
    expect([...told.matchAll(/`--([a-z][a-z0-9-]*)(?=[ `])/g)].map(([, flag]) => flag).filter((flag) => !known.has(flag!))).toEqual([]);
  });

  it('tell every file at the top of a cluster’s home', () => {
    const told = /## Files of a cluster\n([^]*?)\n## /.exec(described)![1]!;
    const names = [...read('libs/cli/src/supervisor/layout.ts').matchAll(/\bat\('([\w.-]+)'/g)].map(([, name]) => name!);
    expect(names.length).toBeGreaterThan(10);
    expect(names.filter((name) => !told.includes(name))).toEqual([]);
  });
});
