import { jest } from '@jest/globals';
import { lstatSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compareNames, decodeName, encodeName, filePath, mustRun } from '#base';
import { CrunBuildRunner, openImages } from '#runtime';
import { silentLogger } from '#telemetry';
import { buildImage } from './build-image.ts';
import type { BuildResult } from './contract.ts';

// Real programs and a real disk, which a busy machine makes slow.
jest.setTimeout(60_000);

/** Names that are no UTF-8, through everything that a build does with files. */
let directory: string;
let store: Awaited<ReturnType<typeof openImages>>;
let context: string;
let contexts = 0;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'berth-builder-names-'));
  store = await openImages({ rootDir: join(directory, 'store'), logger: silentLogger });
});
afterAll(() => rm(directory, { recursive: true }));
beforeEach(async () => {
  context = join(directory, `context-${contexts++}`);
  await mkdir(context);
});

function build(dockerfile: string): Promise<BuildResult> {
  return writeFile(join(context, 'Dockerfile'), dockerfile).then(() =>
    buildImage({
      contextDir: context,
      tags: ['test/names:v1'],
      images: store.images,
      building: store.building,
      runner: new CrunBuildRunner({ building: store.building, workDir: join(directory, 'runs') }),
      cacheDir: join(directory, 'cache'),
      output: () => undefined,
    }),
  );
}

const put = (path: string, content: string): void => writeFileSync(filePath(join(context, path)), content);
const names = (root: string, below = ''): string[] =>
  readdirSync(filePath(join(root, below)), { encoding: 'buffer' })
    .map(decodeName)
    .sort(compareNames);
const text = (root: string, path: string): string => readFileSync(filePath(join(root, path)), 'utf8');
const inside = <T>({ image }: BuildResult, look: (root: string) => T): Promise<T> =>
  store.building.withRoot(image.diffIds, undefined, async (root) => look(root));

it('COPY takes them, each with its own content, and what lies below them', async () => {
  await mkdir(filePath(join(context, 'dir/deep\udcff')), { recursive: true });
  put('dir/\udcff', 'one');
  put('dir/\udcfe', 'two');
  put('dir/deep\udcff/\udcfd', 'three');
  await symlink(encodeName('\udcff'), filePath(join(context, 'dir/soft\udcff')));
  const built = await build('FROM scratch\nCOPY dir /\n');
  await inside(built, (root) => {
    expect(names(root)).toEqual(['deep\udcff', 'soft\udcff', '\udcfe', '\udcff']);
    expect(['\udcff', '\udcfe', 'deep\udcff/\udcfd'].map((path) => text(root, path))).toEqual(['one', 'two', 'three']);
    expect(readlinkSync(filePath(join(root, 'soft\udcff')), 'buffer')).toEqual(Buffer.from([0xff]));
  });
});

it('COPY finds them by wildcards, leaves out what .dockerignore names, and sees when they change', async () => {
  put('a\udcff', 'first');
  put('b\udcff', 'ignored');
  put('c\udcff', 'ignored by its bytes');
  await writeFile(join(context, '.dockerignore'), Buffer.concat([Buffer.from('b*\n'), encodeName('c\udcff\n')]));
  const dockerfile = 'FROM scratch\nCOPY ?? /files/\n';
  const first = await build(dockerfile);
  await inside(first, (root) => expect([names(root, 'files'), text(root, 'files/a\udcff')]).toEqual([['a\udcff'], 'first']));
  put('a\udcff', 'second');
  await inside(await build(dockerfile), (root) => expect(text(root, 'files/a\udcff')).toBe('second'));
});

it('ADD unpacks them from archives, and archives that are called so', async () => {
  const made = join(directory, 'made');
  await mkdir(made);
  writeFileSync(filePath(join(made, '\udcff')), 'one');
  writeFileSync(filePath(join(made, '\udcfe')), 'two');
  await mustRun([
    'sh',
    '-c',
    `cd ${made} && ln "$(printf '\\377')" hard && tar -cf ../ustar.tar --format=ustar . && tar -cJf ../pax.tar.xz --format=pax .`,
  ]);
  await copyFile(join(directory, 'ustar.tar'), filePath(join(context, 'ustar\udcff')));
  await copyFile(join(directory, 'pax.tar.xz'), filePath(join(context, 'pax\udcff')));
  const built = await build('FROM scratch\nADD ustar* /ustar/\nADD pax* /pax/\n');
  await inside(built, (root) => {
    for (const form of ['ustar', 'pax']) {
      expect(names(root, form)).toEqual(['hard', '\udcfe', '\udcff']);
      expect(['hard', '\udcfe', '\udcff'].map((name) => text(root, `${form}/${name}`))).toEqual(['one', 'two', 'one']);
    }
  });
});

it('RUN makes, changes and deletes them, and later stages copy them', async () => {
  await copyFile('/bin/busybox', join(context, 'busybox'));
  await chmod(join(context, 'busybox'), 0o755);
  const shell = 'SHELL ["/busybox", "sh", "-c"]\n';
  const built = await build(
    `FROM scratch AS first\nCOPY busybox /\n${shell}` +
      `RUN /busybox mkdir /d && cd /d && for n in 377 376 375; do echo $n > "$(printf "\\\\$n")"; done && /busybox ln "$(printf '\\377')" hard\n` +
      `RUN cd /d && /busybox rm "$(printf '\\376')" && echo more >> "$(printf '\\375')"\n` +
      'FROM scratch\nCOPY --from=first /d /d\n',
  );
  await inside(built, (root) => {
    expect(names(root, 'd')).toEqual(['hard', '\udcfd', '\udcff']);
    expect([text(root, 'd/\udcfd'), text(root, 'd/\udcff')]).toEqual(['375\nmore\n', '377\n']);
    expect(lstatSync(filePath(join(root, 'd/\udcff'))).isFile()).toBe(true);
  });
});

it('the Dockerfile itself names them, and here-documents have their bytes', async () => {
  put('a\udcff', 'one');
  const dockerfile = encodeName('FROM scratch\nCOPY a\udcff /b\udcfe\nCOPY <<E /c\udcfd\nd\udcfc\nE\n') as unknown as string;
  await inside(await build(dockerfile), (root) => {
    expect(names(root)).toEqual(['b\udcfe', 'c\udcfd']);
    expect(readFileSync(filePath(join(root, 'c\udcfd')))).toEqual(encodeName('d\udcfc\n'));
  });
});
