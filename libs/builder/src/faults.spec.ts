import { jest } from '@jest/globals';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mustRun, runCommand } from '#base';
import { CrunBuildRunner, openImages } from '#runtime/testing';
import { silentLogger } from '#telemetry';
import { buildImage } from './build-image.ts';
import { withBusybox, Workshop } from './testing.ts';

jest.setTimeout(60_000);

let shop: Workshop;
beforeAll(async () => {
  shop = await Workshop.open();
});
afterAll(() => shop.remove());
beforeEach(() => shop.begin());

describe('a disk that is full', () => {
  it('ends the build with its reason, leaves nothing, and the next one succeeds', async () => {
    const disk = join(shop.directory, 'disk');
    await mkdir(disk);
    await mustRun(['mount', '-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', disk]);
    try {
      const { images, building } = await openImages({ rootDir: join(disk, 'store'), logger: silentLogger });
      const runner = new CrunBuildRunner({ building, workDir: join(disk, 'runs') });
      const build = (dockerfile: string) =>
        writeFile(join(shop.context, 'Dockerfile'), dockerfile).then(() =>
          buildImage({
            contextDir: shop.context,
            tags: ['t:1'],
            images,
            building,
            runner,
            cacheDir: join(disk, 'cache'),
            output: () => undefined,
          }),
        );
      await shop.putBusybox();
      await shop.put('big', Buffer.alloc(5_000_000, 'x'));
      await expect(build('FROM scratch\nCOPY big /big\n')).rejects.toThrow(/^Dockerfile:2: .*(ENOSPC|no space left on device)/);
      await expect(build(`${withBusybox}RUN head -c 5000000 /dev/zero > /big\n`)).rejects.toThrow('Dockerfile:4: ');
      expect([await readdir(join(disk, 'store/building')), await readdir(join(disk, 'runs')), await images.get('t:1')]).toEqual([
        [],
        [],
        undefined,
      ]);
      await rm(join(shop.context, 'big'));
      await build(`${withBusybox}RUN echo fits > /small\n`);
      expect(await images.get('t:1')).toBeDefined();
    } finally {
      await runCommand(['umount', disk]);
    }
  });
});

describe('a context that means harm', () => {
  it.each<[string, string, string]>([
    ['a link out of it as a source', 'ln -s /etc/shadow out', 'COPY out /x'],
    ['a link in the way of a source', 'ln -s / out', 'COPY out/etc/shadow /x'],
    ['a link to itself', 'ln -s loop loop', 'COPY loop /x'],
    ['a device', 'mknod dev c 1 3', 'COPY dev /x'],
    ['a pipe', 'mkfifo pipe', 'COPY pipe /x'],
    ['a mount of a link out of it', 'ln -s /etc out', 'RUN --mount=source=out,target=/x true'],
  ])('%s is refused', async (_what, script, instruction) => {
    await mustRun(['sh', '-euc', script], { cwd: shop.context });
    await shop.putBusybox();
    await expect(shop.build(`${withBusybox}${instruction}\n`)).rejects.toThrow(/^Dockerfile:4: /);
    await shop.demandNoLeftovers();
  });

  it('with names as long as a file system takes is copied as it is', async () => {
    const name = 'n'.repeat(255);
    const path = Array.from({ length: 12 }, () => name).join('/');
    await mustRun(['sh', '-euc', `for i in $(seq 11); do mkdir ${name} && cd ${name}; done; touch ${name}`], { cwd: shop.context });
    const built = await shop.build('FROM scratch\nCOPY . /d/\n');
    await shop.inside(built, async (root) => {
      expect((await runCommand(['sh', '-c', `cd ${root}/d && for i in $(seq 11); do cd ${name}; done; ls`])).stdout.trim()).toBe(name);
    });
    expect(path.length).toBeGreaterThan(3000);
  });
});
