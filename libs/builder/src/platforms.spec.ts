import { jest } from '@jest/globals';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { mustRun } from '#base';
import { serveRegistry, type ServedRegistry } from '#registry/testing';
import { silentLogger } from '#telemetry';
import { openImages } from '#runtime/testing';
import { parsePlatform, platformText } from './platform.ts';
import { withBusybox, Workshop } from './testing.ts';

jest.setTimeout(60_000);

let shop: Workshop;
let served: ServedRegistry;
beforeAll(async () => {
  shop = await Workshop.open();
  served = await serveRegistry(join(shop.directory, 'registry'));
});
afterAll(async () => {
  await served.close();
  await shop.remove();
});
beforeEach(() => shop.begin());
afterEach(() => shop.demandNoLeftovers());

describe('platforms', () => {
  it.each([
    ['linux/amd64', 'linux/amd64'],
    ['arm64', 'linux/arm64'],
    ['linux/arm64/v8', 'linux/arm64'],
    ['linux/aarch64', 'linux/arm64'],
    ['linux/arm', 'linux/arm/v7'],
    ['linux/arm/v6', 'linux/arm/v6'],
    ['armhf', 'linux/arm/v7'],
    ['x86_64', 'linux/amd64'],
    ['windows/amd64', 'windows/amd64'],
  ])('%s is %s', (text, wanted) => {
    expect(platformText(parsePlatform(text))).toBe(wanted);
  });

  it.each(['linux/amd64/v1/x', 'linux/a b', ''])('%p is none', (text) => {
    expect(() => parsePlatform(text)).toThrow('failed to parse platform');
  });
});

describe('an image of several platforms', () => {
  const dockerfile = `FROM scratch
ARG TARGETARCH
LABEL arch=$TARGETARCH
COPY \${TARGETARCH}.txt /arch
`;

  it('is an index, which others pull their own of, also after garbage collection', async () => {
    await shop.put('amd64.txt');
    await shop.put('arm64.txt');
    const name = `${served.host}/multi:v1`;
    const platforms = ['linux/amd64', 'linux/arm64'];
    const built = await shop.build(dockerfile, { platforms, tags: [name] });
    await shop.store.images.collectGarbage();
    const { digest } = await shop.store.images.push(name);
    const raw = JSON.parse(await mustRun(['skopeo', 'inspect', '--raw', '--tls-verify=false', `docker://${name}`])) as {
      mediaType: string;
      manifests: { platform: object }[];
    };
    expect([raw.mediaType, raw.manifests.map(({ platform }) => platform)]).toEqual([
      'application/vnd.oci.image.index.v1+json',
      [
        { architecture: 'amd64', os: 'linux' },
        { architecture: 'arm64', os: 'linux' },
      ],
    ]);
    const elsewhere = await openImages({ rootDir: join(shop.directory, 'elsewhere'), logger: silentLogger });
    for (const architecture of ['amd64', 'arm64']) {
      const pulled = await elsewhere.images.pull(name, { platform: { os: 'linux', architecture } });
      const found = await elsewhere.building.withRoot(pulled.diffIds, undefined, (root) => readFile(join(root, 'arch'), 'utf8'));
      expect([pulled.config.architecture, pulled.config.config?.Labels, found]).toEqual([
        architecture,
        { arch: architecture },
        `${architecture}.txt`,
      ]);
    }
    expect((await shop.store.images.get(name))?.id).toBe(built.image.id);
    // Again: the same bytes, and nothing to pack.
    await shop.build(dockerfile, { platforms, tags: [name] });
    expect((await shop.store.images.push(name)).digest).toBe(digest);
    // One platform alone under the same name is no index any more.
    await shop.build(dockerfile, { tags: [name] });
    await shop.store.images.push(name);
    const single = JSON.parse(await mustRun(['skopeo', 'inspect', '--raw', '--tls-verify=false', `docker://${name}`])) as {
      manifests?: unknown;
    };
    expect(single.manifests).toBeUndefined();
  });

  it('takes bases of its platform, which get no name here', async () => {
    await shop.put('arm64.txt');
    await shop.put('amd64.txt');
    const base = `${served.host}/base:v1`;
    await shop.build(dockerfile, { platforms: ['linux/amd64', 'linux/arm64'], tags: [base] });
    await shop.store.images.push(base);
    const built = await shop.build(`FROM ${base}\nCOPY --from=${base} /arch /again\n`, { platforms: ['linux/arm64'] });
    expect([built.image.config.architecture, await shop.inside(built, (root) => readFile(join(root, 'again'), 'utf8'))]).toEqual([
      'arm64',
      'arm64.txt',
    ]);
    expect((await shop.store.images.get(base))?.config.architecture).toBe('amd64');
    await shop.putBusybox();
    await expect(shop.build(`${withBusybox}`, { platforms: ['linux/s390x'] })).rejects.toThrow(
      'RUN needs a machine of linux/s390x: exec format error',
    );
    const cross = await shop.build(
      `FROM --platform=$BUILDPLATFORM scratch AS build\n${withBusybox.split('\n').slice(1).join('\n')}RUN echo cross > /out\nFROM scratch\nCOPY --from=build /out /\n`,
      {
        platforms: ['linux/s390x'],
      },
    );
    expect(cross.image.config.architecture).toBe('s390x');
  });
});

describe('a cache that travels', () => {
  const dockerfile = `${withBusybox.replace('scratch', 'scratch AS box')}RUN echo made > /made
FROM scratch
COPY --from=box /made /other
LABEL a=b
`;
  /** Another machine: nothing is here. */
  const forget = async (): Promise<void> => {
    await rm(join(shop.directory, 'cache'), { recursive: true });
    for (const { id } of await shop.store.images.list()) await shop.store.images.remove(id);
    await shop.store.images.collectGarbage();
  };

  it.each<[string, 'max' | 'min', number]>([
    ['registry', 'max', 4],
    ['registry', 'min', 1],
    ['local', 'max', 4],
  ])('through a %s, %s', async (type, mode, wanted) => {
    await shop.putBusybox();
    const place =
      type === 'local'
        ? { type: 'local' as const, directory: join(shop.directory, 'left') }
        : { type: 'registry' as const, ref: `${served.host}/cache-${mode}:v1` };
    const first = await shop.build(dockerfile, { cacheTo: [{ ...place, mode }], noCache: true });
    await forget();
    const again = await shop.build(dockerfile, { cacheFrom: [place] });
    expect([again.image.id, again.cachedSteps]).toEqual([first.image.id, wanted]);
    expect(await shop.inside(again, (root) => readdir(root))).toEqual(['other']);
  });

  it('within the image itself', async () => {
    await shop.put('a');
    const name = `${served.host}/inline:v1`;
    await shop.build('FROM scratch\nCOPY a /a\n', { tags: [name], cacheTo: [{ type: 'inline' }] });
    await shop.store.images.push(name);
    await forget();
    const again = await shop.build('FROM scratch\nCOPY a /a\nCOPY a /b\n', { cacheFrom: [{ type: 'registry', ref: name }] });
    expect(again.cachedSteps).toBe(1);
  });

  it('that is not there fails no build', async () => {
    await shop.put('a');
    const said: string[] = [];
    await shop.build('FROM scratch\nCOPY a /a\n', {
      cacheFrom: [
        { type: 'registry', ref: `${served.host}/none:v1` },
        { type: 'local', directory: '/no/such' },
      ],
      report: (event) => event.do === 'warning' && said.push(event.text),
    });
    expect(said).toEqual([expect.stringContaining('failed to import the cache from'), expect.stringContaining('/no/such')]);
  });
});
