import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { jest } from '@jest/globals';
import { type EngineUnderTest, openEngine } from './engine-under-test.ts';
import { contextOf, play, scenarios, send } from './replay.ts';

jest.setTimeout(60_000);

let engine: EngineUnderTest;
beforeAll(async () => {
  engine = await openEngine();
  await engine.importImage('or/bb:1');
});
afterAll(() => engine.close());

interface Message {
  stream?: string;
  error?: string;
  errorDetail?: { code?: number; message: string };
  aux?: { ID?: string };
  message?: string;
}

async function build(query: string, files: Record<string, string>): Promise<{ status: number; messages: Message[]; text: string }> {
  const { status, bytes } = await send(engine.socket, {
    method: 'POST',
    path: `/v1.43/build?${query}`,
    content: contextOf(files),
    type: 'application/x-tar',
  });
  const messages = bytes
    .toString()
    .split('\n')
    .filter((line) => line.trim())
    .map((line) => JSON.parse(line) as Message);
  return { status, messages, text: messages.map(({ stream, error, message }) => stream ?? error ?? message ?? '').join('') };
}

const json = (value: unknown): string => encodeURIComponent(JSON.stringify(value));
const inspect = async (name: string): Promise<{ Config: Record<string, unknown>; Architecture: string }> =>
  JSON.parse((await send(engine.socket, { method: 'GET', path: `/v1.43/images/${name}/json`, type: '' })).bytes.toString()) as never;

describe('a build', () => {
  it('is told as the recorded daemon told it, word for word', async () => {
    const scenario = scenarios().find(({ name }) => name === 'build')!;
    const answers = await play(engine.socket, scenario);
    const streams = scenario.answers
      .map(({ id, body }, i) => ({ id, body, found: answers[i]!.body }))
      .filter(({ id }) => ['s0', 's7', 's9', 's11'].includes(id));
    // An image of another store has another id; which one is said is not told.
    const plain = (body: unknown): unknown =>
      JSON.parse(
        JSON.stringify(body)
          .replaceAll(/\{"ID":"[^"]*"\}/g, '{}')
          .replaceAll(/\b[0-9a-f]{12}\b/g, '<shortid>'),
      );
    expect(streams.map(({ found }) => plain(found))).toEqual(streams.map(({ body }) => plain(body)));
  });

  it('again says what came from the cache; -q says the id alone', async () => {
    const files = { Dockerfile: 'FROM or/bb:1\nRUN echo once\nCMD ["x"]\n' };
    await build('t=again', files);
    const again = await build('t=again&t=other:v2', files);
    expect(again.text).toMatch(
      /^Step 1\/3 : FROM or\/bb:1\n ---> [0-9a-f]{12}\nStep 2\/3 : RUN echo once\n ---> Using cache\n ---> [0-9a-f]{12}\nStep 3\/3 : CMD \["x"\]\n ---> Using cache\n ---> ([0-9a-f]{12})\nSuccessfully built \1\nSuccessfully tagged again:latest\nSuccessfully tagged other:v2\n$/,
    );
    expect((await build('t=again&q=1', files)).messages).toEqual([{ stream: expect.stringMatching(/^sha256:[0-9a-f]{64}\n$/) }]);
    expect((await build('nocache=1', files)).text).toContain(' ---> Running in ');
  });

  it.each<[string, string, string, RegExp]>([
    [
      'build arguments and labels',
      `buildargs=${json({ A: 'given', B: null })}&labels=${json({ l: 'v' })}`,
      'ARG A\nARG B=own\nRUN echo "[$A $B]"',
      /\[given own\]/,
    ],
    ['a target', 'target=first', 'FROM or/bb:1 AS first\nRUN echo one\nFROM or/bb:1\nRUN echo two', /^(?!.*two)[\s\S]*one/],
    ['no network', 'networkmode=none', 'RUN ls /sys/class/net >/dev/null; cat /proc/net/dev | head -n 5', /lo:(?![\s\S]*eth)/],
    ['names of hosts', 'extrahosts=db:10.1.2.3&extrahosts=x:fd00::1', 'RUN cat /etc/hosts', /10\.1\.2\.3\tdb\nfd00::1\tx\n/],
    ['a platform', 'platform=linux/arm64', 'FROM scratch\nCOPY f /', /Successfully built/],
    ['a Dockerfile elsewhere', 'dockerfile=sub/D', 'RUN false', /Successfully built/],
  ])('has %s', async (_what, query, text, wanted) => {
    const dockerfile = text.startsWith('FROM') ? text : `FROM or/bb:1\n${text}`;
    const { text: said } = await build(query, { Dockerfile: dockerfile, f: 'f', 'sub/D': 'FROM scratch\nCOPY f /\n' });
    expect(said).toMatch(wanted);
    expect(said).toContain('Successfully built');
  });

  it('of another platform says so of itself, and runs nothing', async () => {
    await build('t=other-platform&platform=linux/arm/v7', {
      Dockerfile: 'FROM scratch\nARG TARGETPLATFORM\nLABEL p=$TARGETPLATFORM\nCOPY f /\n',
      f: '',
    });
    expect(await inspect('other-platform')).toMatchObject({ Architecture: 'arm', Config: { Labels: { p: 'linux/arm/v7' } } });
    const { text } = await build('platform=linux/arm64', { Dockerfile: 'FROM scratch\nRUN ["x"]\n' });
    expect(text).toContain('exec format error');
  });

  it.each<[string, string, string]>([
    ['version=2', 'FROM scratch\n', 'DOCKER_BUILDKIT=0'],
    ['squash=1', 'FROM scratch\n', 'squash is only supported with experimental mode'],
    ['isolation=hyperv', 'FROM scratch\n', 'Unsupported isolation: "hyperv"'],
    ['memory=1000', 'FROM scratch\n', 'Minimum memory limit allowed is 6MB'],
    ['memswap=100000000', 'FROM scratch\n', 'You should always set the Memory limit when using Memoryswap limit'],
    ['cpusetcpus=a', 'FROM scratch\n', 'Invalid value a for cpuset cpus'],
    ['networkmode=container:x', 'FROM scratch\n', 'network mode container:x is not supported'],
    ['buildargs={', 'FROM scratch\n', 'error reading buildargs'],
    [`buildargs=${json({ A: 1 })}`, 'FROM scratch\n', 'error reading buildargs'],
    ['extrahosts=x', 'FROM scratch\n', 'invalid extra host: x'],
    ['platform=solaris', 'FROM scratch\n', 'unknown operating system or architecture'],
    ['t=UPPER', 'FROM scratch\n', 'invalid reference format'],
    ['', 'FROM scratch\nFOO x\n', 'dockerfile parse error on line 2: unknown instruction: FOO'],
    ['', '', 'file with no instructions'],
    ['dockerfile=../x', 'FROM scratch\n', 'Cannot locate specified Dockerfile: ../x'],
    ['remote=http://127.0.0.1:1/x', 'FROM scratch\n', 'unable to prepare context: failed to fetch'],
    ['remote=nonsense', 'FROM scratch\n', 'unable to prepare context: remote context nonsense'],
  ])('with %s is refused: %s', async (query, dockerfile, words) => {
    const { status, messages } = await build(query, { Dockerfile: dockerfile });
    expect([status >= 400, messages[0]!.message]).toEqual([true, expect.stringContaining(words)]);
  });

  it('is limited: memory, processors, files, shared memory', async () => {
    const query = `memory=33554432&cpuquota=50000&cpuperiod=100000&cpusetcpus=0&shmsize=131072&ulimits=${json([{ Name: 'nofile', Soft: 64, Hard: 65 }])}`;
    const { text } = await build(query, {
      Dockerfile:
        'FROM or/bb:1\nRUN busybox grep Cpus_allowed_list /proc/self/status; ulimit -n; busybox df -k /dev/shm | busybox tail -n 1\nRUN x=a; while true; do x=$x$x; done\n',
    });
    expect(text).toMatch(/Cpus_allowed_list:\t0\n64\nshm +128 /);
    expect(text).toMatch(/returned a non-zero code: (137|2)/);
  });
});

describe('a context that is elsewhere', () => {
  let server: Server;
  const served = new Map<string, Buffer>();
  beforeAll(async () => {
    server = createServer((request, response) => {
      const content = served.get(request.url ?? '');
      response.writeHead(content ? 200 : 404).end(content);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => void server.close());

  it('is an archive, or a Dockerfile alone', async () => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    served.set('/context.tar', contextOf({ Dockerfile: 'FROM or/bb:1\nCOPY f /\nRUN cat /f\n', f: 'from afar' }));
    served.set('/Dockerfile', Buffer.from('FROM or/bb:1\nRUN echo alone\n'));
    for (const [path, words] of [
      ['context.tar', 'from afar'],
      ['Dockerfile', 'alone'],
    ]) {
      const { text } = await build(`remote=${encodeURIComponent(`${url}/${path}`)}`, {});
      expect(text).toContain(words);
      expect(text).toContain('Successfully built');
    }
  });
});

describe('the cache of builds', () => {
  it('is listed, and pruned with what it held', async () => {
    await build('t=doomed', {
      Dockerfile: 'FROM or/bb:1\nRUN --mount=type=cache,target=/c head -c 5000 /dev/zero > /c/f; head -c 300000 /dev/zero > /big\n',
    });
    const usage = async (): Promise<{ Type: string; Size: number; Description: string }[]> =>
      (
        JSON.parse((await send(engine.socket, { method: 'GET', path: '/v1.43/system/df', type: '' })).bytes.toString()) as {
          BuildCache: never[];
        }
      ).BuildCache;
    const found = await usage();
    expect(found).toContainEqual(expect.objectContaining({ Type: 'exec.cachemount', Size: 5000 }));
    expect(found.find(({ Description }) => Description.includes('/big'))!.Size).toBeGreaterThan(300_000);
    await send(engine.socket, { method: 'DELETE', path: '/v1.43/images/doomed', type: '' });
    const prune = async (query: string): Promise<{ CachesDeleted: string[]; SpaceReclaimed: number }> =>
      JSON.parse((await send(engine.socket, { method: 'POST', path: `/v1.43/build/prune?${query}`, type: '' })).bytes.toString()) as never;
    const left = (await usage()).length; // its layer has gone with the image
    expect((await prune(`filters=${json({ until: ['24h'] })}`)).CachesDeleted).toEqual([]);
    const pruned = await prune('all=1');
    expect(pruned.CachesDeleted.length).toBe(left);
    expect(pruned.SpaceReclaimed).toBeGreaterThanOrEqual(5000);
    expect(await usage()).toBeNull(); // as Docker has it
  });
});
