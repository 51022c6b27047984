import { jest } from '@jest/globals';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { digestOf, mustRun } from '#base';
import type { BuildError, BuildEvent } from './contract.ts';
import { withBusybox, Workshop } from './testing.ts';

jest.setTimeout(60_000);

let shop: Workshop;
beforeAll(async () => {
  shop = await Workshop.open();
});
afterAll(() => shop.remove());
beforeEach(() => shop.begin());
afterEach(() => shop.demandNoLeftovers());

const fileOf = (built: Awaited<ReturnType<Workshop['build']>>, path: string): Promise<string> =>
  shop.inside(built, (root) => readFile(join(root, path), 'utf8'));

describe('stages', () => {
  it('that need nothing of one another run at the same time, unless they shall come in order', async () => {
    await shop.putBusybox();
    // Each waits for the other one to have begun: in order, the first would wait for ever.
    const stage = (name: string, other: string): string =>
      `FROM box AS ${name}\nRUN --mount=type=cache,target=/c touch /c/${name}; for i in $(seq 100); do test -e /c/${other} && exit 0; sleep 0.1; done; exit 1\n`;
    const dockerfile = `${withBusybox.replace('scratch', 'scratch AS box')}${stage('a', 'b')}${stage('b', 'a')}FROM scratch\nCOPY --from=a bin/sh /a\nCOPY --from=b bin/sh /b\n`;
    expect(await shop.inside(await shop.build(dockerfile), (root) => readdir(root))).toEqual(['a', 'b']);
    const order: number[] = [];
    await shop.build(dockerfile, { inOrder: true, report: (event) => void (event.do === 'begin' && order.push(event.step.number)) });
    expect(order).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('that nothing needs are not built, not numbered and not looked at', async () => {
    await shop.put('f');
    const events: BuildEvent[] = [];
    await shop.build('FROM no.such.registry/x AS unused\nRUN false\nFROM scratch AS used\nCOPY f /\nFROM used\nLABEL a=b\n', {
      report: (event) => events.push(event),
    });
    const begun = events.flatMap((event) => (event.do === 'begin' ? [`${event.step.number}/${event.step.total} ${event.step.text}`] : []));
    expect(begun).toEqual(['1/4 FROM scratch AS used', '2/4 COPY f /', '3/4 FROM used', '4/4 LABEL a=b']);
  });

  it('whose neighbour fails stop, and the first failure is told with its lines', async () => {
    await shop.putBusybox();
    const dockerfile = `${withBusybox.replace('scratch', 'scratch AS box')}FROM box AS slow
RUN sleep 3600
FROM box AS broken
RUN echo no && \\
  exit 7
FROM scratch
COPY --from=slow bin/sh /a
COPY --from=broken bin/sh /b
`;
    const failure = (await shop.build(dockerfile).catch((err: unknown) => err)) as BuildError;
    expect(failure.message).toBe('Dockerfile:7: process "/bin/sh -c echo no &&   exit 7" did not complete successfully: exit code: 7');
    expect(failure.process?.exitCode).toBe(7);
    expect(failure.excerpt).toContain('   7 | >>> RUN echo no && \\\n   8 | >>>   exit 7\n');
  });

  it('keep what they have made from a garbage collection that runs meanwhile', async () => {
    await shop.put('a');
    await shop.put('b');
    const collections: Promise<unknown>[] = [];
    const built = await shop.build('FROM scratch AS first\nCOPY a /a\nFROM first\nCOPY b /b\nLABEL x=y\nCOPY --from=first a /c\n', {
      noCache: true,
      report: (event) => {
        if (event.do === 'begin') collections.push(shop.store.images.collectGarbage());
      },
    });
    await Promise.all(collections);
    expect(collections).toHaveLength(6);
    expect(await shop.inside(built, (root) => readdir(root))).toEqual(['a', 'b', 'c']);
  });

  it('say what they do, each line with the number of its step', async () => {
    await shop.putBusybox();
    await shop.build(`${withBusybox}RUN printf 'one\\ntwo'\n`);
    await shop.build(`${withBusybox}RUN printf 'one\\ntwo'\n`);
    expect(shop.output).toMatch(/#4 \[4\/4\] RUN printf 'one\\ntwo'\n#4 one\n#4 two\n#4 DONE \d+\.\ds\n/);
    expect(shop.output).toContain('#4 CACHED\n');
  });
});

describe('named contexts', () => {
  it('stand for stages, images and what --from says', async () => {
    const more = join(shop.context, '../more');
    await mkdir(more, { recursive: true });
    await writeFile(join(more, 'f'), 'named');
    await writeFile(join(more, 'left-out'), '');
    await writeFile(join(more, '.dockerignore'), 'left-out\n');
    await shop.put('own');
    await shop.build('FROM scratch\nCOPY own /base\n', { tags: ['named-base'] });
    const contexts = { files: { directory: more }, base: { image: 'named-base' }, stage: { directory: more } };
    const built = await shop.build('FROM nothing AS stage\nFROM base\nCOPY --from=files . /a/\nCOPY --from=stage f /b\n', { contexts });
    expect(await shop.inside(built, async (root) => [(await readdir(root)).sort(), (await readdir(join(root, 'a'))).sort()])).toEqual([
      ['a', 'b', 'base'],
      ['.dockerignore', 'f'],
    ]);
    const from = await shop.build('FROM files\nCOPY own /\n', { contexts });
    expect(await shop.inside(from, async (root) => (await readdir(root)).sort())).toEqual(['.dockerignore', 'f', 'own']);
    await expect(shop.build('FROM gone\n', { contexts: { gone: { directory: join(more, 'f') } } })).rejects.toThrow('is not a directory');
  });
});

describe('ADD of what is elsewhere', () => {
  let server: Server;
  let url: string;
  const archive = (): Promise<Buffer> =>
    mustRun(['sh', '-c', `cd ${shop.context} && echo packed >p && tar -czf a.tgz p && base64 a.tgz`]).then((text) =>
      Buffer.from(text, 'base64'),
    );
  const served = new Map<string, Buffer>();
  beforeAll(async () => {
    server = createServer((request, response) => {
      const { url: path = '' } = request;
      const content = served.get(path) ?? served.get(path.split('?')[0]!);
      response.writeHead(content ? 200 : 404).end(content);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => void server.close());

  it('a file by its address: its name, its mode, and built anew when it is another one', async () => {
    served.set('/dir/tool?v=1', Buffer.from('tool'));
    served.set('/other', Buffer.from('other'));
    const dockerfile = `FROM scratch\nARG V=1\nADD ${url}/dir/tool?v=$V /opt/\nADD --chmod=755 --chown=5:6 ${url}/other /renamed\n`;
    const built = await shop.build(dockerfile);
    await shop.inside(built, async (root) => {
      expect(await mustRun(['sh', '-c', `cd ${root} && stat -c '%n %a %u %g' opt/tool renamed`])).toBe(
        'opt/tool 600 0 0\nrenamed 755 5 6\n',
      );
    });
    expect((await shop.build(dockerfile)).cachedSteps).toBe(2);
    served.set('/other', Buffer.from('changed'));
    const again = await shop.build(dockerfile);
    expect([again.cachedSteps, await fileOf(again, 'renamed')]).toEqual([1, 'changed']);
  });

  it('is checked, and unpacked only when that is asked for', async () => {
    const bytes = await archive();
    served.set('/a.tgz', bytes);
    const built = await shop.build(
      `FROM scratch\nADD --checksum=${digestOf(bytes)} ${url}/a.tgz /plain/\nADD --unpack ${url}/a.tgz /out/\n`,
    );
    expect(await shop.inside(built, async (root) => [await readdir(join(root, 'plain')), await readdir(join(root, 'out'))])).toEqual([
      ['a.tgz'],
      ['p'],
    ]);
    const wrong = `sha256:${'0'.repeat(64)}`;
    await expect(shop.build(`FROM scratch\nADD --checksum=${wrong} ${url}/a.tgz /\n`)).rejects.toThrow(
      `digest mismatch ${digestOf(bytes)}: ${wrong}`,
    );
  });

  it.each([
    ['ADD URL/absent /x', 'invalid response status 404'],
    ['ADD URL/ /x/', 'cannot determine filename'],
    ['COPY URL/f /x', "source can't be a URL for COPY"],
    ['COPY URL/f.git /x', "source can't be a git ref for COPY"],
    ['ADD --checksum=sha256:1 Dockerfile /x', 'checksum requires HTTP(S) or Git sources'],
    ['ADD --checksum=sha256:1 URL/f URL/g /x/', "checksum can't be specified for multiple sources"],
    ['ADD --checksum=md5:1 URL/f /x', 'invalid checksum digest format'],
    ['ADD http://127.0.0.1:1/f /x', 'failed to fetch http://127.0.0.1:1/f: '],
  ])('%s is refused', async (instruction, words) => {
    await expect(shop.build(`FROM scratch\n${instruction.replaceAll('URL', url)}\n`)).rejects.toThrow(words);
  });

  it('a Git repository: a ref, a directory of it, its commit, with or without .git', async () => {
    const repository = join(shop.context, 'r.git');
    const script = `git init -q -b main ${repository} && cd ${repository} && git config user.email a@b && git config user.name c
mkdir sub && echo one >sub/f && git add . && git commit -qm 1 && git tag v1 && echo two >sub/f && git commit -qam 2 && git update-server-info && git rev-parse HEAD v1`;
    const [head = '', tagged = ''] = (await mustRun(['sh', '-euc', script])).split('\n');
    // Plain files are all that Git's older protocol needs.
    const files = await mustRun(['find', join(repository, '.git'), '-type', 'f', '-printf', '%P\\n']);
    for (const file of files.split('\n').filter(Boolean)) served.set(`/r.git/${file}`, await readFile(join(repository, '.git', file)));
    await mustRun(['rm', '-r', repository]);
    const built = await shop.build(
      `FROM scratch\nADD ${url}/r.git /head\nADD ${url}/r.git#v1:sub /tagged/\nADD --keep-git-dir=true --checksum=${head} ${url}/r.git#main /kept\n`,
    );
    expect([await fileOf(built, 'head/sub/f'), await fileOf(built, 'tagged/f'), await fileOf(built, 'kept/sub/f')]).toEqual([
      'two\n',
      'one\n',
      'two\n',
    ]);
    await shop.inside(built, async (root) => {
      expect([await readdir(join(root, 'head')), (await readdir(join(root, 'kept'))).sort()]).toEqual([['sub'], ['.git', 'sub']]);
    });
    await expect(shop.build(`FROM scratch\nADD --checksum=${tagged} ${url}/r.git /\n`)).rejects.toThrow(
      `expected checksum to match ${tagged}, got ${head}`,
    );
    await expect(shop.build(`FROM scratch\nADD ${url}/r.git#nothing /\n`)).rejects.toThrow('failed to fetch');
  });
});
