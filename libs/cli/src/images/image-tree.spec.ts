import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { imageTree, size, treeText } from './image-tree.ts';
import { readSavedImage } from './saved-image.ts';

type Files = Record<string, string | Buffer | { link: string }>;

async function archive(files: Files): Promise<Buffer> {
  const tar = pack();
  for (const [name, content] of Object.entries(files)) {
    if (name.endsWith('/')) tar.entry({ name, type: 'directory' });
    else if (typeof content === 'object' && 'link' in content) tar.entry({ name, type: 'symlink', linkname: content.link });
    else tar.entry({ name }, content);
  }
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** As `docker save` writes it: the manifest last, a layer packed, one plain, one that is a link. */
async function saved(): Promise<Readable> {
  const base = await archive({ 'etc/': '', 'etc/a': 'x'.repeat(3000), 'var/big': 'y'.repeat(5000) });
  const config = {
    rootfs: { diff_ids: ['sha256:1111111111111111', 'sha256:2222222222222222', 'sha256:3333333333333333'] },
    history: [
      { created_by: 'COPY . /' },
      { created_by: 'ENV A=b', empty_layer: true },
      { created_by: 'RUN rm /var/big' },
      { created_by: 'RUN chmod 1 /etc/a' },
    ],
  };
  const manifest = [{ Config: 'blobs/config', Layers: ['base.tar', 'blobs/sha256/two', 'three/layer.tar'] }];
  const outer = await archive({
    'blobs/config': JSON.stringify(config),
    'base.tar': gzipSync(base),
    'blobs/sha256/two': await archive({ 'var/.wh.big': '' }),
    'blobs/sha256/three': await archive({ './etc/a': 'x'.repeat(3000) }),
    'three/layer.tar': { link: '../blobs/sha256/three' },
    'manifest.json': JSON.stringify(manifest),
  });
  return Readable.from([outer.subarray(0, 700), outer.subarray(700)]);
}

describe('the tree of an image', () => {
  it('shows layers, who shares them, and what they carry for nothing', async () => {
    const others = [{ name: 'other:v1', diffIds: ['sha256:1111111111111111'] }];
    const tree = imageTree({ name: 'app:v1', id: 'sha256:0123456789abcdef', saved: await readSavedImage(await saved()), others });
    expect(treeText([tree])).toBe(
      `app:v1  0123456789ab  11.0kB in 3 layers, 3.00kB of it this image’s alone
├─  3     3.00kB  333333333333  RUN chmod 1 /etc/a
├─  2         0B  222222222222  RUN rm /var/big
└─  1     8.00kB  111111111111  COPY . /  shared with other:v1
   8.00kB in 2 files travel with it, and nobody sees them:
      5.00kB  /var/big  in layer 1, deleted by layer 2
      3.00kB  /etc/a  in layer 1, overwritten by layer 3
      5.00kB  would be saved: leave them out of the COPY of layer 1: .dockerignore, COPY --exclude, or RUN --mount=type=bind for what is only needed while building
      3.00kB  would be saved: set it with COPY --chmod in layer 1 instead of chmod in layer 3
`,
    );
  });

  it('says when an archive is none', async () => {
    await expect(readSavedImage(Readable.from([await archive({ 'oci-layout': '{}' })]))).rejects.toThrow(
      'the archive of the image has no manifest.json',
    );
  });

  it.each([
    [0, '0B'],
    [999, '999B'],
    [1000, '1.00kB'],
    [1_234_567, '1.23MB'],
    [5e12, '5.00TB'],
  ])('writes %d as %s', (bytes, want) => {
    expect(size(bytes)).toBe(want);
  });
});
