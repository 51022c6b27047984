import { jest } from '@jest/globals';
import { once } from 'node:events';
import {
  chmod,
  copyFile,
  link,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Header, pack } from 'tar-stream';
import { mustRun } from '#base';
import { serveRegistry, type ServedRegistry } from '#registry/testing';
import { CrunBuildRunner, openImages } from '#runtime';
import { silentLogger } from '#telemetry';
import { buildImage } from './build-image.ts';
import type { BuildOptions, BuildResult } from './contract.ts';

// Real programs and a real disk, which a busy machine makes slow.
jest.setTimeout(60_000);

type Opened = Awaited<ReturnType<typeof openImages>>;

let directory: string;
let store: Opened;
let context: string;
let contexts = 0;
let output = '';

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'berth-builder-'));
  store = await openImages({ rootDir: join(directory, 'store'), logger: silentLogger });
});
afterAll(() => rm(directory, { recursive: true }));
beforeEach(async () => {
  output = '';
  context = join(directory, `context-${contexts++}`);
  await mkdir(context);
});

async function put(path: string, content: string | Buffer = path): Promise<void> {
  await mkdir(join(context, path, '..'), { recursive: true });
  await writeFile(join(context, path), content);
}

async function putBusybox(): Promise<void> {
  await copyFile('/bin/busybox', join(context, 'busybox'));
  await chmod(join(context, 'busybox'), 0o755);
}

function build(dockerfile: string, options: Partial<BuildOptions> = {}): Promise<BuildResult> {
  return writeFile(join(context, 'Dockerfile'), dockerfile).then(() =>
    buildImage({
      contextDir: context,
      tags: ['test/image:v1'],
      images: store.images,
      building: store.building,
      runner: new CrunBuildRunner({ building: store.building, workDir: join(directory, 'runs') }),
      cacheDir: join(directory, 'cache'),
      output: (text) => (output += text),
      ...options,
    }),
  );
}

/** Everything below a directory, links not followed. */
async function tree(root: string): Promise<string[]> {
  const found = await mustRun(['find', root, '-mindepth', '1', '-printf', '%P\\n']);
  return found.split('\n').filter(Boolean).sort();
}

/** Looks at the files of a built image. */
function inside<T>({ image }: BuildResult, look: (root: string) => Promise<T>): Promise<T> {
  return store.building.withRoot(image.diffIds, undefined, look);
}

async function tarOf(entries: readonly (Partial<Header> & { name: string })[], content = ''): Promise<Buffer> {
  const archive = pack();
  for (const entry of entries) archive.entry(entry, entry.type === 'link' ? '' : content);
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const withBusybox = 'FROM scratch\nCOPY busybox /bin/busybox\nRUN ["/bin/busybox", "--install", "-s", "/bin"]\n';

describe('a whole image', () => {
  it('is built from scratch, pushed, and pulled elsewhere with the same files', async () => {
    const served: ServedRegistry = await serveRegistry(join(directory, 'registry'));
    try {
      await putBusybox();
      await put('etc/passwd', 'root:x:0:0::/:/bin/sh\napp:x:1000:1001::/home/app:/bin/sh\n');
      const name = `${served.host}/demo:v1`;
      const built = await build(
        `${withBusybox}COPY etc /etc
ENV GREETING="hello world"
WORKDIR /srv/www
RUN echo "$GREETING" > index.html && mkdir -p /home/app && chown 1000:1001 /home/app && rm /bin/vi
USER app
RUN id -u > ~/uid; id -g > ~/gid; pwd > ~/pwd
EXPOSE 8080
CMD ["httpd", "-f", "-p", "8080"]
`,
        { tags: [name] },
      );
      expect(built.image.config.config).toMatchObject({
        Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'GREETING=hello world'],
        WorkingDir: '/srv/www',
        User: 'app',
        Cmd: ['httpd', '-f', '-p', '8080'],
        ExposedPorts: { '8080/tcp': {} },
      });
      await store.images.push(name);
      const elsewhere = await openImages({ rootDir: join(directory, 'elsewhere'), logger: silentLogger });
      const pulled = await elsewhere.images.pull(name);
      expect(pulled.id).toBe(built.image.id);
      await mkdir(join(directory, 'mnt'), { recursive: true });
      await elsewhere.snapshots.mount('c1', pulled.diffIds, join(directory, 'mnt'));
      try {
        const root = join(directory, 'mnt');
        expect(await readFile(join(root, 'srv/www/index.html'), 'utf8')).toBe('hello world\n');
        expect(await Promise.all(['uid', 'gid', 'pwd'].map((file) => readFile(join(root, 'home/app', file), 'utf8')))).toEqual([
          '1000\n',
          '1001\n',
          '/srv/www\n',
        ]);
        expect(await readlink(join(root, 'bin/sh'))).toBe('/bin/busybox');
        await expect(lstat(join(root, 'bin/vi'))).rejects.toThrow('ENOENT');
        expect((await readdir(root)).sort()).toEqual(['bin', 'etc', 'home', 'srv']);
      } finally {
        await elsewhere.snapshots.remove('c1');
      }
      // A client that we did not write reads what we wrote.
      await mustRun(['skopeo', '--insecure-policy', 'copy', '--src-tls-verify=false', `docker://${name}`, `oci:${directory}/layout:v1`]);
    } finally {
      await served.close();
    }
  });

  it('built again is all from the cache, and the same digest; also without it', async () => {
    await putBusybox();
    await put('a', 'one');
    const dockerfile = `${withBusybox}COPY a /a\nWORKDIR /w\nRUN cat /a > b\n`;
    const first = await build(dockerfile);
    await utimes(join(context, 'a'), 5, 5);
    const second = await build(dockerfile);
    expect([second.cachedSteps, second.image.id]).toEqual([second.steps, first.image.id]);
    const third = await build(dockerfile, { noCache: true });
    expect([third.cachedSteps, third.image.id]).toEqual([0, first.image.id]);
    await put('a', 'two');
    const fourth = await build(dockerfile);
    expect([fourth.cachedSteps, fourth.image.id === first.image.id]).toEqual([2, false]);
    expect(await inside(fourth, (root) => readFile(join(root, 'w/b'), 'utf8'))).toBe('two');
    const dated = await build(dockerfile, { sourceDateEpoch: 1_700_000_000 });
    expect(dated.image.config.created).toBe('2023-11-14T22:13:20Z');
    expect(await inside(dated, async (root) => (await lstat(join(root, 'w/b'))).mtimeMs)).toBe(1_700_000_000_000);
  });

  it('stages: by name, by number, of another image, and only those that are needed', async () => {
    await put('one');
    await put('two');
    await build('FROM scratch\nCOPY one /base-file\n', { tags: ['base:latest'] });
    const built = await build(`ARG BASE=base
FROM scratch AS unused
COPY absent /
FROM \${BASE} AS First
COPY two /opt/two
FROM first AS second
FROM scratch
COPY --from=second /opt /opt
COPY --from=1 base-file /by-number
COPY --from=base:latest base-file /by-image
`);
    const files = await inside(built, async (root) => [(await readdir(root)).sort(), await readdir(join(root, 'opt'))]);
    expect(files).toEqual([['by-image', 'by-number', 'opt'], ['two']]);
    const target = await build('FROM scratch AS a\nCOPY one /\nFROM scratch AS b\nCOPY absent /\n', { target: 'a' });
    expect(await inside(target, (root) => readdir(root))).toEqual(['one']);
  });
});

describe('COPY', () => {
  it('places files and directories as documented', async () => {
    for (const path of ['dir/x', 'dir/sub/y', 'f1.txt', 'f2.txt', 'other.md', 'exec.sh']) await put(path);
    await chmod(join(context, 'exec.sh'), 0o755);
    await chmod(join(context, 'dir'), 0o700);
    await symlink('x', join(context, 'dir/link'));
    const built = await build(`FROM scratch
COPY dir /content-of-dir
COPY dir /d/
COPY f1.txt /renamed
COPY f1.txt /into/
COPY *.txt f?.txt /globbed/
COPY ["other.md", "/json form/"]
WORKDIR /work
COPY other.md .
COPY exec.sh ../up
COPY f2.txt /into
COPY --chown=7:8 --chmod=0640 f1.txt /owned
COPY --exclude=sub dir /partly/
COPY --exclude=f1* f?.txt /globbed-partly/
COPY --chmod=u=rwX,go=rX dir exec.sh /modes/
COPY <<END <<"RAW" /here/
greeting: $HOME\${NOTHING:-x} "quoted" \\"escaped\\" it's
END
$AS_IS
RAW
`);
    await inside(built, async (root) => {
      const treeAt = (path: string): Promise<string[]> => tree(join(root, path));
      expect(await treeAt('content-of-dir')).toEqual(['link', 'sub', 'sub/y', 'x']);
      expect((await lstat(join(root, 'content-of-dir'))).mode & 0o777).toBe(0o755); // its content is copied, not the directory
      expect(await treeAt('d')).toEqual(['link', 'sub', 'sub/y', 'x']);
      expect(await readlink(join(root, 'd/link'))).toBe('x');
      expect(await readFile(join(root, 'renamed'), 'utf8')).toBe('f1.txt');
      expect(await treeAt('into')).toEqual(['f1.txt', 'f2.txt']);
      expect(await treeAt('globbed')).toEqual(['f1.txt', 'f2.txt']);
      expect(await treeAt('json form')).toEqual(['other.md']);
      expect(await treeAt('work')).toEqual(['other.md']);
      expect((await lstat(join(root, 'up'))).mode & 0o777).toBe(0o755);
      const owned = await lstat(join(root, 'owned'));
      expect([owned.uid, owned.gid, owned.mode & 0o7777]).toEqual([7, 8, 0o640]);
      expect(await treeAt('partly')).toEqual(['link', 'x']);
      expect(await readFile(join(root, 'here/END'), 'utf8')).toBe('greeting: x "quoted" "escaped" it\'s\n');
      expect(await treeAt('globbed-partly')).toEqual(['f2.txt']);
      const modes = await Promise.all(['x', 'sub', 'sub/y', 'exec.sh'].map((name) => lstat(join(root, 'modes', name))));
      expect(modes.map(({ mode }) => (mode & 0o7777).toString(8))).toEqual(['644', '755', '644', '755']);
      expect(await readFile(join(root, 'here/RAW'), 'utf8')).toBe('$AS_IS\n');
    });
  });

  it('leaves out what .dockerignore names, and never leaves the context', async () => {
    for (const path of ['keep', 'node_modules/a', 'src/node_modules/b', 'src/c', 'logs/x.log', 'logs/keep.log', 'Dockerfile.md'])
      await put(path);
    await put('.dockerignore', '# comment\n**/node_modules\n/logs/*\n!logs/keep.log\n*.md\nDockerfile\n.dockerignore\n');
    await symlink('/etc', join(context, 'outside'));
    const built = await build('FROM scratch\nCOPY . /\nCOPY ../../../keep /again\n');
    const found = await inside(built, (root) => tree(root));
    expect(found.sort()).toEqual(['again', 'keep', 'logs', 'logs/keep.log', 'outside', 'src', 'src/c']);
    await expect(build('FROM scratch\nCOPY outside/passwd /\n')).rejects.toThrow(
      'Dockerfile:2: failed to calculate checksum: "/outside/passwd": not found',
    );
  });

  it('keeps the directories above its sources with --parents', async () => {
    for (const path of ['x/a.txt', 'x/y/b.txt', 'x/y/z/c.txt', 'x/y/z/d.md', 'w/a.txt']) await put(path);
    await chmod(join(context, 'x/y'), 0o750);
    const built = await build(`FROM scratch
COPY --parents x/a.txt w/a.txt /plain/
COPY --parents ./x/./y/*.txt /pivot/
COPY --parents x/**/*.txt /deep
COPY --parents x/y /whole/
COPY --parents --exclude=**/*.md x /without/
COPY --parents nothing/*.x /none/
`);
    await inside(built, async (root) => {
      const treeAt = (path: string): Promise<string[]> => tree(join(root, path));
      expect(await treeAt('plain')).toEqual(['w', 'w/a.txt', 'x', 'x/a.txt']);
      expect(await treeAt('pivot')).toEqual(['y', 'y/b.txt']);
      expect((await lstat(join(root, 'pivot/y'))).mode & 0o777).toBe(0o750); // as in the source
      expect(await treeAt('deep')).toEqual(['x', 'x/a.txt', 'x/y', 'x/y/b.txt', 'x/y/z', 'x/y/z/c.txt']);
      expect(await treeAt('whole')).toEqual(['x', 'x/y', 'x/y/b.txt', 'x/y/z', 'x/y/z/c.txt', 'x/y/z/d.md']);
      expect(await treeAt('without')).toEqual(['x', 'x/a.txt', 'x/y', 'x/y/b.txt', 'x/y/z', 'x/y/z/c.txt']);
    });
    await expect(build('FROM scratch\nCOPY --parents nothing/f /\n')).rejects.toThrow('"/nothing/f": not found');
  });

  it('with --link sees nothing of what is below, and is laid over it', async () => {
    await put('f');
    await put('sys/real/kept');
    await symlink('real', join(context, 'sys/way'));
    const dockerfile = (base: string): string => `FROM scratch
COPY sys /
COPY ${base} /base
WORKDIR /work
COPY --link f /way/f
COPY --link f .
COPY --link --chmod=600 f /way/g
`;
    const built = await build(dockerfile('f'));
    expect(await inside(built, (root) => tree(root))).toEqual(['base', 'real', 'real/kept', 'way', 'way/f', 'way/g', 'work', 'work/f']);
    await put('other');
    expect((await build(dockerfile('other'))).cachedSteps).toBe(3); // the first, and the two that do not see the second
    await expect(build('FROM scratch\nCOPY --link --chown=app f /\n')).rejects.toThrow('unknown user app');
  });

  it('keeps names of one file, makes files of sockets, and copies nothing when no file fits', async () => {
    await put('d/one', 'content');
    await link(join(context, 'd/one'), join(context, 'd/two'));
    await link(join(context, 'd/one'), join(context, 'three'));
    const server = createServer().listen(join(context, 'd/socket'));
    await once(server, 'listening');
    try {
      const built = await build('FROM scratch\nCOPY d /d/\nCOPY three nothing* none[0-9] /e/\nCOPY absent? /f/\n');
      await inside(built, async (root) => {
        const inodes = await Promise.all(['d/one', 'd/two', 'e/three'].map((path) => lstat(join(root, path)).then(({ ino }) => ino)));
        expect(new Set(inodes.slice(0, 2)).size).toBe(1);
        expect(inodes[2]).not.toBe(inodes[0]);
        expect((await lstat(join(root, 'd/socket'))).isFile()).toBe(true);
        expect(await tree(join(root, 'e'))).toEqual(['three']);
      });
    } finally {
      server.close();
    }
  });

  it.each([
    ['FROM scratch\nARG S=0\nCOPY --from=$S f /\n', 'variable expansion is not supported for --from'],
    [
      'FROM scratch AS one\nCOPY --from=two f /\nFROM scratch AS two\nFROM one\n',
      'cannot copy from stage "two", it needs to be defined before current stage "one"',
    ],
    ['FROM scratch\nCOPY --from=0 f /\n', 'cannot copy from stage "0", it needs to be defined before current stage "stage-0"'],
    ['FROM scratch\nCOPY --from=7 f /\n', 'invalid stage index 7'],
  ])('of %p is refused: %s', async (dockerfile, reason) => {
    await put('f');
    await expect(build(dockerfile)).rejects.toThrow(reason);
  });

  it('follows a link at its destination, and writes through none below it', async () => {
    const outside = join(directory, 'outside');
    await writeFile(outside, 'of the host');
    await put('f');
    await put('sys/target');
    await symlink('target', join(context, 'sys/link'));
    await symlink('/made/by/copy', join(context, 'sys/dangling'));
    await symlink(outside, join(context, 'sys/END'));
    const built = await build('FROM scratch\nCOPY sys /\nCOPY f /link\nCOPY f /dangling\nCOPY <<END /\ninline\nEND\n');
    await inside(built, async (root) => {
      expect(await readlink(join(root, 'link'))).toBe('target');
      expect(await readFile(join(root, 'target'), 'utf8')).toBe('f');
      expect(await readlink(join(root, 'dangling'))).toBe('/made/by/copy');
      expect(await readFile(join(root, 'made/by/copy'), 'utf8')).toBe('f');
      expect(await readFile(join(root, 'END'), 'utf8')).toBe('inline\n');
    });
    expect(await readFile(outside, 'utf8')).toBe('of the host');
  });

  it('follows links of the image inside the image only', async () => {
    await put('f');
    await put('sys/usr/lib/a');
    await symlink('usr/lib', join(context, 'sys/lib'));
    await symlink('/../../../../escape', join(context, 'sys/evil'));
    const linked = await build('FROM scratch\nCOPY sys /\nCOPY f /lib/f\nCOPY f /evil/f\n');
    const found = await inside(linked, (root) => tree(root));
    expect(found.sort()).toEqual(['escape', 'escape/f', 'evil', 'lib', 'usr', 'usr/lib', 'usr/lib/a', 'usr/lib/f']);
  });
});

describe('ADD', () => {
  it('unpacks local archives, packed or not, and copies other files', async () => {
    const tar = await tarOf([{ name: 'a/file', mode: 0o600, uid: 3, gid: 4 }], 'content');
    await put('plain.tar', tar);
    await put('packed', gzipSync(tar));
    await put('text.gz', gzipSync('no archive'));
    await put('BZ', 'BZh only looks packed');
    for (const program of ['bzip2', 'xz']) await mustRun([program, '--keep', join(context, 'plain.tar')]);
    const built = await build(`FROM scratch
ADD plain.tar /one
ADD packed /two/
ADD text.gz /text.gz
ADD BZ /BZ
COPY plain.tar /kept.tar
ADD plain.tar.bz2 /three
ADD --chown=5:6 plain.tar.xz /four/
ADD --unpack=false plain.tar /kept-too.tar
`);
    await inside(built, async (root) => {
      const unpacked = ['four', 'one', 'three', 'two'].flatMap((name) => [name, `${name}/a`, `${name}/a/file`]);
      expect(await tree(root)).toEqual(['BZ', 'kept-too.tar', 'kept.tar', 'text.gz', ...unpacked].sort());
      const owners = (path: string): Promise<[number, number]> => lstat(join(root, path)).then(({ uid, gid }) => [uid, gid]);
      expect(await owners('four')).toEqual([5, 6]);
      expect(await owners('four/a/file')).toEqual([5, 6]); // `--chown` is for all of it, `--chmod` for none
      const file = await lstat(join(root, 'two/a/file'));
      expect([file.uid, file.gid, file.mode & 0o777]).toEqual([3, 4, 0o600]);
    });
  });
});

describe('hard links of an archive for ADD', () => {
  it('lead to its own files, and to those of the stage', async () => {
    await put('sys/below', 'below');
    await symlink('below', join(context, 'sys/way'));
    await put(
      'links.tar',
      await tarOf([
        { name: 'a' },
        { name: 'l/a', type: 'link', linkname: 'a' },
        { name: 'l/below', type: 'link', linkname: 'below' },
        { name: 'l/way', type: 'link', linkname: 'way' },
      ]),
    );
    const built = await build('FROM scratch\nCOPY sys /to/\nADD links.tar /to/\n');
    await inside(built, async (root) => {
      const inode = (path: string): Promise<number> => lstat(join(root, 'to', path)).then(({ ino }) => ino);
      expect(await inode('l/a')).toBe(await inode('a'));
      expect(await inode('l/below')).toBe(await inode('below'));
      expect(await readFile(join(root, 'to/l/below'), 'utf8')).toBe('below');
      expect(await readlink(join(root, 'to/l/way'))).toBe('below');
    });
    await expect(build('FROM scratch\nADD links.tar /\n')).rejects.toThrow(
      "hard link 'l/below' to 'below', which is no file of the archive or of the stage",
    );
  });
});

describe('built-in arguments', () => {
  it('come before what the command line says, and a stage that names one again keeps it', async () => {
    await putBusybox();
    const dockerfile = `ARG SOURCE_DATE_EPOCH=1700000000
${withBusybox.replace('scratch', 'scratch AS base')}ARG KEPT=1
ARG KEPT
FROM base
ARG TARGETSTAGE TARGETARCH TARGETOS KEPT
RUN echo "$TARGETSTAGE $TARGETARCH $TARGETOS $KEPT" > /out
`;
    const out = (built: BuildResult): Promise<string> => inside(built, (root) => readFile(join(root, 'out'), 'utf8'));
    const built = await build(dockerfile, { buildArgs: { TARGETARCH: 'mine' } });
    expect([await out(built), built.image.config.created]).toEqual(['default mine linux 1\n', '2023-11-14T22:13:20Z']);
    const dated = await build(`${dockerfile}FROM base\n`, { target: '1', buildArgs: { SOURCE_DATE_EPOCH: '1' } });
    expect([await out(dated), dated.image.config.created]).toEqual([expect.stringMatching(/^1 .* linux 1\n$/), '1970-01-01T00:00:01Z']);
    await expect(build(dockerfile, { buildArgs: { SOURCE_DATE_EPOCH: 'soon' } })).rejects.toThrow('invalid SOURCE_DATE_EPOCH: soon');
    await expect(build('FROM scratch AS build\n', { target: 'bulid' })).rejects.toThrow(
      'target stage "bulid" could not be found (did you mean build?)',
    );
  });
});

describe('RUN', () => {
  it('has the stage’s environment, arguments and shell, and shows what it prints', async () => {
    await putBusybox();
    const built = await build(
      `${withBusybox}ARG WHO=nobody
ARG UNSET
ENV WHO_ENV=$WHO
RUN echo "I am $WHO_ENV and \${UNSET:-unset}" | tee /out
SHELL ["/bin/sh", "-e", "-c"]
RUN <<EOF
echo one > /two-lines
echo two >> /two-lines
EOF
RUN true
`,
      { buildArgs: { WHO: 'builder' } },
    );
    expect(output).toContain('I am builder and unset');
    await inside(built, async (root) => {
      expect(await readFile(join(root, 'out'), 'utf8')).toBe('I am builder and unset\n');
      expect(await readFile(join(root, 'two-lines'), 'utf8')).toBe('one\ntwo\n');
    });
    expect(built.image.config.history?.at(-1)).toMatchObject({ created_by: 'RUN |1 WHO=builder /bin/sh -e -c true', empty_layer: true });
  });

  it('has no network with --network=none', async () => {
    await putBusybox();
    const built = await build(`${withBusybox}RUN --network=none tail -n +3 /proc/net/dev | sed 's/:.*//' > /none
RUN tail -n +3 /proc/net/dev | sed 's/:.*//' > /default
`);
    await inside(built, async (root) => {
      const here = (await readFile('/proc/net/dev', 'utf8'))
        .split('\n')
        .slice(2)
        .map((row) => row.split(':')[0]);
      expect((await readFile(join(root, 'none'), 'utf8')).trim()).toBe('lo');
      expect((await readFile(join(root, 'default'), 'utf8')).split('\n')).toHaveLength(here.length);
    });
  });

  it('takes scripts and input from here-documents', async () => {
    await putBusybox();
    const built = await build(`${withBusybox}RUN <<EOF cat > /input
of a "command" $NOT_THE_BUILDERS
EOF
RUN <<-'END'
	#!/bin/busybox sh
	echo "$0" > /script
	END
RUN cat <<A <<-B > /last
a
A
	b
	B
RUN echo "no <<EOF document" > /plain
`);
    await inside(built, async (root) => {
      const content = (path: string): Promise<string> => readFile(join(root, path), 'utf8');
      expect(await content('input')).toBe('of a "command" \n');
      expect(await content('script')).toBe('/dev/pipes/END\n');
      expect(await content('last')).toBe('b\n');
      expect(await content('plain')).toBe('no <<EOF document\n');
      expect(await tree(root)).not.toContain('dev/pipes');
    });
  });

  it('sees the arguments of the stages below, at any depth', async () => {
    await putBusybox();
    const built = await build(
      `${withBusybox.replace('scratch', 'scratch AS one')}ARG WHO=nobody
ARG OTHER=x
FROM one AS two
FROM two
ARG OTHER=y
RUN echo "$WHO $OTHER" > /out
`,
      { buildArgs: { WHO: 'builder' } },
    );
    expect(await inside(built, (root) => readFile(join(root, 'out'), 'utf8'))).toBe('builder y\n');
  });

  it('finds its working directory owned by its user', async () => {
    await putBusybox();
    await put('etc/passwd', 'root:x:0:0::/:/bin/sh\napp:x:1000:1001::/home/app:/bin/sh\n');
    const built = await build(`${withBusybox}COPY etc /etc
WORKDIR /roots
USER app
WORKDIR /srv/app
RUN touch mine
USER 7:8
WORKDIR /by/number
WORKDIR /roots
`);
    await inside(built, async (root) => {
      const owners = await Promise.all(['roots', 'srv', 'srv/app', 'by/number'].map((path) => lstat(join(root, path))));
      expect(owners.map(({ uid, gid }) => `${uid}:${gid}`)).toEqual(['0:0', '1000:1001', '1000:1001', '7:8']);
    });
    await expect(build(`${withBusybox}USER nobody-here\nWORKDIR /x\n`)).rejects.toThrow('unknown user nobody-here');
  });

  it('that fails names its line, its command and its exit code', async () => {
    await putBusybox();
    await expect(build(`${withBusybox}\n# a comment\nRUN echo broken; exit 3\n`)).rejects.toThrow(
      'Dockerfile:6: process "/bin/sh -c echo broken; exit 3" did not complete successfully: exit code: 3',
    );
    await expect(build(`${withBusybox}RUN ["/no/such"]\n`)).rejects.toThrow(/^Dockerfile:4: .*no\/such/);
    expect(await readdir(join(directory, 'runs'))).toEqual([]);
  });
});

describe('garbage collection of the build store', () => {
  it('takes builds whose tags have moved on, and the cache notices', async () => {
    await put('f', 'old');
    const old = await build('FROM scratch\nCOPY f /f\n', { tags: ['moving'] });
    await put('f', 'new');
    const current = await build('FROM scratch\nCOPY f /f\n', { tags: ['moving'] });
    await store.images.collectGarbage();
    expect([await store.images.get(old.image.id), (await store.images.get('moving'))?.id]).toEqual([undefined, current.image.id]);
    await put('f', 'old');
    const again = await build('FROM scratch\nCOPY f /f\n', { tags: ['moving'] });
    expect([again.image.id, again.cachedSteps]).toEqual([old.image.id, 0]);
  });
});

describe('a base with ONBUILD', () => {
  it('runs its triggers and hands them on to nobody', async () => {
    await put('app');
    await build('FROM scratch\nONBUILD COPY app /triggered\nCMD ["base"]\n', { tags: ['onbuild-base'] });
    const built = await build('FROM onbuild-base\nENTRYPOINT ["/x"]\n');
    expect(await inside(built, (root) => readdir(root))).toEqual(['triggered']);
    expect([built.image.config.config?.OnBuild, built.image.config.config?.Cmd]).toEqual([undefined, undefined]);
  });

  it('keeps their here-documents', async () => {
    await build('FROM scratch\nONBUILD COPY <<-E <<F /d/\n\ta $X\n\tE\nb\nF\n', { tags: ['onbuild-base'] });
    const built = await build('FROM onbuild-base\n');
    await inside(built, async (root) => {
      expect(await readFile(join(root, 'd/E'), 'utf8')).toBe('a \n');
      expect(await readFile(join(root, 'd/F'), 'utf8')).toBe('b\n');
    });
  });
});
