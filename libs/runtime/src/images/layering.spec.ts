import { jest } from '@jest/globals';
import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import type { Digest } from '#base';
import { silentLogger } from '#telemetry';
import { archive, type EntrySpec, sha256 } from '../testing/archives.ts';
import { openImages } from './open-images.ts';

// Real programs and a real disk, which a busy machine makes slow.
jest.setTimeout(60_000);

/** Path → content of a file, or 'directory'. The root is not in it. */
type Model = Map<string, { file: string } | 'directory'>;

type Operation = { do: 'write'; path: string; content: string } | { do: 'mkdir'; path: string } | { do: 'delete'; path: string };

const name = fc.constantFrom('a', 'b', 'c');
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({ do: fc.constant('write' as const), path, content: fc.constantFrom('1', '2', '3') }),
  fc.record({ do: fc.constant('mkdir' as const), path }),
  fc.record({ do: fc.constant('delete' as const), path }),
);
const layers = fc.array(fc.record({ operations: fc.array(operation, { minLength: 1, maxLength: 8 }), sparse: fc.boolean() }), {
  minLength: 1,
  maxLength: 5,
});

function removeFrom(model: Model, target: string): void {
  for (const known of model.keys()) if (known === target || known.startsWith(`${target}/`)) model.delete(known);
}

function parents(target: string): string[] {
  const parts = target.split('/');
  return parts.slice(1).map((_part, i) => parts.slice(0, i + 1).join('/'));
}

/** The same as `mkdir -p`, `rm -rf` and `>` would do, whatever is in the way. */
function apply(model: Model, operation: Operation): void {
  if (operation.do === 'delete') return removeFrom(model, operation.path);
  for (const parent of parents(operation.path)) {
    if (model.get(parent) === 'directory') continue;
    removeFrom(model, parent);
    model.set(parent, 'directory');
  }
  if (operation.do === 'mkdir' && model.get(operation.path) === 'directory') return;
  removeFrom(model, operation.path);
  model.set(operation.path, operation.do === 'mkdir' ? 'directory' : { file: operation.content });
}

function applyToDisk(root: string, operation: Operation): void {
  const target = join(root, operation.path);
  const isDirectory = (at: string): boolean => lstatSync(at, { throwIfNoEntry: false })?.isDirectory() === true;
  if (operation.do !== 'delete') {
    for (const parent of parents(operation.path)) if (!isDirectory(join(root, parent))) rmSync(join(root, parent), { force: true });
    mkdirSync(join(target, '..'), { recursive: true });
  }
  if (operation.do === 'mkdir' && isDirectory(target)) return;
  rmSync(target, { recursive: true, force: true });
  if (operation.do === 'mkdir') mkdirSync(target);
  if (operation.do === 'write') writeFileSync(target, operation.content);
}

/** A layer as image-spec writes it. `sparse`: directories that did not change are left out, as some tools do. */
function difference(before: Model, after: Model, sparse: boolean): Buffer {
  const entries = new Map<string, EntrySpec>();
  const same = (at: string): boolean => JSON.stringify(before.get(at)) === JSON.stringify(after.get(at));
  for (const [at, node] of after) {
    if (node === 'directory' ? sparse && same(at) : same(at)) continue;
    entries.set(at, node === 'directory' ? { path: `${at}/`, type: 'directory' } : { path: at, content: node.file });
  }
  for (const at of before.keys()) {
    const parent = at.includes('/') ? at.slice(0, at.lastIndexOf('/')) : undefined;
    const parentStays = parent === undefined || (after.get(parent) === 'directory' && before.get(parent) === 'directory');
    if (after.has(at) || !parentStays) continue;
    entries.set(`${at}!`, { path: at.replace(/[^/]+$/, '.wh.$&') });
  }
  return archive([...entries].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry));
}

function read(root: string, below = ''): [string, Model extends Map<string, infer V> ? V : never][] {
  return readdirSync(join(root, below))
    .sort()
    .flatMap((entry) => {
      const at = below ? `${below}/${entry}` : entry;
      if (lstatSync(join(root, at)).isDirectory()) return [[at, 'directory'], ...read(root, at)];
      return [[at, { file: readFileSync(join(root, at), 'utf8') }]];
    });
}

const sorted = (model: Model): [string, unknown][] => [...model].sort(([a], [b]) => (a < b ? -1 : 1));

describe('layers, unpacked and stacked', () => {
  let directory: string;
  let store: Awaited<ReturnType<typeof openImages>>;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'berth-layering-'));
    store = await openImages({ rootDir: directory, logger: silentLogger });
  });
  afterAll(() => rm(directory, { recursive: true }));

  async function unpackAll(tars: readonly Buffer[]): Promise<Digest[]> {
    for (const tar of tars) {
      await store.images.layers.unpack(
        sha256(tar),
        (async function* () {
          yield tar;
        })(),
      );
    }
    return tars.map(sha256);
  }

  it('show what the same changes make of files in memory', async () => {
    await fc.assert(
      fc.asyncProperty(layers, async (list) => {
        const model: Model = new Map();
        const tars = list.map(({ operations, sparse }) => {
          const before = new Map(model);
          for (const each of operations) apply(model, each);
          return difference(before, model, sparse);
        });
        const seen = await store.building.withRoot(await unpackAll(tars), undefined, async (root) => read(root));
        expect(seen.sort(([a], [b]) => (a < b ? -1 : 1))).toEqual(sorted(model));
      }),
      { numRuns: 60 },
    );
  });

  it('and changes made in a container, taken as a layer, are seen by the next', async () => {
    await fc.assert(
      fc.asyncProperty(layers, async (list) => {
        const model: Model = new Map();
        const lower: Digest[] = [];
        for (const { operations } of list) {
          const upper = await store.building.newUpper();
          await store.building.withRoot(lower, upper.path, async (root) => {
            for (const each of operations) {
              apply(model, each);
              applyToDisk(root, each);
            }
          });
          const layer = await store.building.commitLayer(upper.path, { timestampSeconds: 0 });
          await upper.remove();
          if (layer) lower.push(layer.diffId);
        }
        const seen = await store.building.withRoot(lower, undefined, async (root) => read(root));
        expect(seen.sort(([a], [b]) => (a < b ? -1 : 1))).toEqual(sorted(model));
      }),
      { numRuns: 30 },
    );
  });

  it('a directory that a layer only implies keeps the owner and the mode that it has below', async () => {
    const tars = [
      archive([
        { path: 'tmp/', type: 'directory', mode: 0o1777 },
        { path: 'home/', type: 'directory' },
        { path: 'home/me/', type: 'directory', mode: 0o700, uid: 7, gid: 8 },
      ]),
      archive([
        { path: 'tmp/x', content: 'x' },
        { path: 'home/me/.config/y', content: 'y' },
      ]),
      archive([{ path: 'tmp/z', content: 'z' }]),
    ];
    const diffIds = await unpackAll(tars);
    for (const ids of [diffIds, diffIds]) {
      await store.building.withRoot(ids, undefined, async (root) => {
        expect(lstatSync(join(root, 'tmp')).mode & 0o7777).toBe(0o1777);
        const home = lstatSync(join(root, 'home/me'));
        expect([home.mode & 0o7777, home.uid, home.gid]).toEqual([0o700, 7, 8]);
        expect(read(root).map(([at]) => at)).toEqual(['home', 'home/me', 'home/me/.config', 'home/me/.config/y', 'tmp', 'tmp/x', 'tmp/z']);
      });
    }
  });

  it('an opaque root hides all layers below', async () => {
    const diffIds = await unpackAll([
      archive([{ path: 'old', content: '1' }]),
      archive([{ path: '.wh..wh..opq' }, { path: 'new', content: '2' }]),
    ]);
    expect(await store.building.withRoot(diffIds, undefined, async (root) => readdirSync(root))).toEqual(['new']);
  });

  it('a hundred layers fit into one mount', async () => {
    const tars = Array.from({ length: 120 }, (_n, i) => archive([{ path: `f${i}`, content: String(i) }]));
    const diffIds = await unpackAll(tars);
    expect(await store.building.withRoot(diffIds, undefined, async (root) => readdirSync(root).length)).toBe(120);
  });
});
