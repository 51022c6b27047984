import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { mustRun } from '#base';
import { silentLogger } from '#telemetry';
import { archive, type EntrySpec, sha256 } from '../testing/archives.ts';
import { type OpenedImages, openImages } from './open-images.ts';

let directory: string;
let store: OpenedImages;
let stores = 0;

const open = (): Promise<OpenedImages> => openImages({ rootDir: join(directory, `store-${stores++}`), logger: silentLogger });

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'archives-'));
  store = await open();
});
afterEach(() => rmSync(directory, { recursive: true }));

async function* inPieces(bytes: Buffer, size = 10_000): AsyncGenerator<Buffer> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

async function collected(source: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const layers = [archive([{ path: 'a', content: 'below' }]), archive([{ path: 'b/c', content: 'above' }])];
const config = (diffIds: readonly string[], more: object = {}): Buffer =>
  Buffer.from(
    JSON.stringify({ architecture: 'amd64', os: 'linux', config: { Cmd: ['x'] }, rootfs: { type: 'layers', diff_ids: diffIds }, ...more }),
  );

/** As `docker save` of before 25 wrote it. */
function dockerArchive(
  tags: readonly string[] | null,
  pack: (tar: Buffer) => Buffer = (tar) => tar,
  more: readonly EntrySpec[] = [],
): EntrySpec[] {
  const bytes = config(layers.map(sha256));
  const name = `${sha256(bytes).slice(7)}.json`;
  return [
    ...layers.map((tar, i): EntrySpec => ({ path: `layer${i}/layer.tar`, content: pack(tar) })),
    { path: name, content: bytes },
    ...more,
    {
      path: 'manifest.json',
      content: JSON.stringify([{ Config: name, RepoTags: tags, Layers: layers.map((_, i) => `layer${i}/layer.tar`) }]),
    },
  ];
}

const load = (entries: readonly EntrySpec[], into = store): ReturnType<OpenedImages['archives']['load']> =>
  into.archives.load(inPieces(archive(entries)));

async function filesOf({ building, images }: OpenedImages, name: string): Promise<string> {
  const image = (await images.get(name))!;
  return building.withRoot(image.diffIds, undefined, (root) =>
    mustRun(['sh', '-c', `cd ${root} && find . -type f -exec sh -c 'echo $1 $(cat $1)' . {} ';' | sort`]),
  );
}

describe('an archive of Docker', () => {
  it.each<[string, (tar: Buffer) => Buffer]>([
    ['plain', (tar) => tar],
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
  ])('with layers that are %s is loaded', async (_how, pack) => {
    const [loaded] = await load(dockerArchive(['app:v1', 'localhost:5000/app:v2'], pack));
    expect(loaded).toMatchObject({
      names: ['docker.io/library/app:v1', 'localhost:5000/app:v2'],
      image: { id: sha256(config(layers.map(sha256))), config: { config: { Cmd: ['x'] } }, pinned: true },
    });
    expect(await filesOf(store, 'app:v1')).toBe('./a below\n./b/c above\n');
  });

  it('is loaded without a name too, and is kept', async () => {
    const { image } = (await load(dockerArchive(null)))[0]!;
    await store.images.collectGarbage();
    expect(await store.images.get(image.id)).toMatchObject({ names: [] });
  });

  it('may link a layer to another one', async () => {
    const entries = dockerArchive(['app:v1']).map(
      (entry): EntrySpec =>
        entry.path === 'layer1/layer.tar' ? { path: entry.path, type: 'symlink', linkPath: '../shared/layer.tar' } : entry,
    );
    await load([{ path: 'shared/layer.tar', content: layers[1]! }, ...entries]);
    expect(await filesOf(store, 'app:v1')).toContain('above');
  });

  it('takes a name from the image that had it, and says so', async () => {
    const { id } = (await load(dockerArchive(['app:v1'])))[0]!.image;
    const other = config([sha256(layers[0]!)]);
    const [loaded] = await load([
      { path: 'c.json', content: other },
      { path: 'l.tar', content: layers[0]! },
      { path: 'manifest.json', content: JSON.stringify([{ Config: 'c.json', RepoTags: ['app:v1'], Layers: ['l.tar'] }]) },
    ]);
    expect(loaded!.renamed).toEqual([{ name: 'docker.io/library/app:v1', id }]);
    expect(await store.images.get(id)).toMatchObject({ names: [] });
  });
});

describe('what was saved', () => {
  const saved = async (from: OpenedImages, names: readonly string[]): Promise<Buffer> => {
    const images = await Promise.all(names.map(async (name) => (await from.images.get(name))!));
    return collected(await from.archives.save(images.map(({ id, names: all }) => ({ id, names: all }))));
  };

  it('is loaded elsewhere as the same images, a shared layer being there once', async () => {
    await load(dockerArchive(['app:v1']));
    const shared = await store.building.layersOf((await store.images.get('app:v1'))!.id);
    await store.building.commitImage({
      config: { architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [shared[0]!.diffId] } },
      layers: [shared[0]!],
      names: ['other:v1'],
    });
    const bytes = await saved(store, ['app:v1', 'other:v1']);
    const elsewhere = await open();
    const loaded = await elsewhere.archives.load(inPieces(gzipSync(bytes)));
    expect(loaded.map(({ image, names }) => [image.id, names])).toEqual([
      [(await store.images.get('app:v1'))!.id, ['docker.io/library/app:v1']],
      [(await store.images.get('other:v1'))!.id, ['docker.io/library/other:v1']],
    ]);
    expect(await filesOf(elsewhere, 'app:v1')).toBe('./a below\n./b/c above\n');
    writeFileSync(join(directory, 'saved.tar'), bytes);
    const names = (await mustRun(['tar', '-tf', join(directory, 'saved.tar')]))
      .split('\n')
      .filter((name) => name.startsWith('blobs/sha256/') && !name.endsWith('/'));
    expect(names).toHaveLength(new Set(names).size);
    expect(names).toHaveLength(2 + 2 * 2);
  });

  it('is Docker’s archive and an OCI layout in one, and a layer that was built here is written from its files', async () => {
    const upper = await store.building.newUpper();
    writeFileSync(join(upper.path, 'built'), 'here');
    const layer = (await store.building.commitLayer(upper.path, { timestampSeconds: 0 }))!;
    await store.building.commitImage({
      config: { architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [layer.diffId] } },
      layers: [layer],
      names: ['built:v1'],
    });
    const bytes = await saved(store, ['built:v1']);
    writeFileSync(join(directory, 'saved.tar'), bytes);
    await mustRun([
      'sh',
      '-c',
      `cd ${directory} && mkdir layout && tar -xf saved.tar -C layout && rm layout/manifest.json && tar -cf oci.tar -C layout .`,
    ]);
    const elsewhere = await open();
    const oci = await collected(createReadStream(join(directory, 'oci.tar')) as AsyncIterable<Buffer>);
    const [loaded] = await elsewhere.archives.load(inPieces(oci));
    expect(loaded!.names).toEqual(['docker.io/library/built:v1']);
    expect(await filesOf(elsewhere, 'built:v1')).toBe('./built here\n');
  });
});

describe('an archive that is refused leaves nothing', () => {
  const manifest = (value: unknown): EntrySpec => ({
    path: 'manifest.json',
    content: typeof value === 'string' ? value : JSON.stringify(value),
  });
  const bare = config([]);

  it.each<[string, EntrySpec[], string]>([
    ['without a manifest', [{ path: 'x', content: 'x' }], 'it has neither a manifest.json nor an index.json'],
    ['of a Docker that was', [{ path: 'repositories', content: '{}' }], 'it is of a Docker before 1.10'],
    ['whose manifest is no JSON', [manifest('{')], 'its manifest.json is not JSON'],
    ['whose manifest is no list', [manifest({})], 'its manifest.json is no list'],
    ['whose manifest has no config', [manifest([{}])], 'names no config and layers'],
    ['without images', [manifest([])], 'it has no images'],
    ['whose config is missing', [manifest([{ Config: 'gone', Layers: [] }])], 'it has no gone'],
    ['whose layer is missing', [{ path: 'c', content: bare }, manifest([{ Config: 'c', Layers: ['gone'] }])], 'it has no gone'],
    [
      'whose config has other layers',
      [{ path: 'c', content: bare }, { path: 'l', content: layers[0]! }, manifest([{ Config: 'c', Layers: ['l'] }])],
      'its config lists 0 layers, its manifest 1',
    ],
    [
      'whose layer is another one',
      [
        { path: 'c', content: config([sha256(layers[1]!)]) },
        { path: 'l', content: layers[0]! },
        manifest([{ Config: 'c', Layers: ['l'] }]),
      ],
      'its diffID is',
    ],
    ['with a bad name', dockerArchive(['BAD name']), 'invalid reference format'],
    ['with a name by digest', dockerArchive([`app@${sha256('x')}`]), 'is no name with a tag'],
    ['with a path that leads out', dockerArchive(['app:v1'], undefined, [{ path: '../../x', content: '' }]), 'leads out of it'],
    ['with a link that leads out', [{ path: 'manifest.json', type: 'symlink', linkPath: '../../../../etc/passwd' }], 'it has neither'],
    ['with links in a circle', [{ path: 'manifest.json', type: 'symlink', linkPath: 'manifest.json' }], 'too many links'],
    [
      'with a device',
      dockerArchive(['app:v1'], undefined, [{ path: 'd', type: 'character', device: { major: 1, minor: 3 } }]),
      'neither a file nor a link',
    ],
    ['whose index is empty', [{ path: 'index.json', content: '{"manifests":[]}' }], 'it has no images'],
    [
      'whose index names what is missing',
      [
        {
          path: 'index.json',
          content: JSON.stringify({
            manifests: [{ digest: sha256('x'), size: 1, mediaType: 'application/vnd.oci.image.manifest.v1+json' }],
          }),
        },
      ],
      'it has no blobs/sha256/',
    ],
    [
      'whose index names what is no digest',
      [{ path: 'index.json', content: '{"manifests":[{"digest":"../../x","size":1}]}' }],
      'it has no',
    ],
  ])('%s', async (_what, entries, words) => {
    await expect(load(entries)).rejects.toThrow(words);
    expect(await store.images.list()).toEqual([]);
    expect(await store.images.content.list()).toEqual([]);
  });

  it('cut off anywhere', async () => {
    const whole = archive(dockerArchive(['app:v1']));
    for (let end = 600; end < whole.length - 1024; end += 1100) {
      await expect(store.archives.load(inPieces(whole.subarray(0, end)))).rejects.toThrow('invalid archive');
      expect(await store.images.content.list()).toEqual([]);
    }
  });

  it('of two images, when the second is broken', async () => {
    const entries = dockerArchive(['app:v1']).slice(0, -1);
    const [{ Config, Layers }] = JSON.parse(String(dockerArchive(['app:v1']).at(-1)!.content)) as [{ Config: string; Layers: string[] }];
    const both = [
      { Config, Layers, RepoTags: ['app:v1'] },
      { Config, Layers: [Layers[0]] },
    ];
    await expect(load([...entries, manifest(both)])).rejects.toThrow('its config lists 2 layers, its manifest 1');
    expect(await store.images.list()).toEqual([]);
  });
});
