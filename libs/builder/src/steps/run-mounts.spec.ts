import { jest } from '@jest/globals';
import { readdir, readFile, symlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { withBusybox, Workshop } from '../testing.ts';

// Real programs and a real disk, which a busy machine makes slow.
jest.setTimeout(60_000);

let shop: Workshop;
beforeAll(async () => {
  shop = await Workshop.open();
});
afterAll(() => shop.remove());
beforeEach(async () => {
  await shop.begin();
  await shop.putBusybox();
});
afterEach(() => shop.demandNoLeftovers());

const everything = (root: string): Promise<string[]> => readdir(root);

describe('RUN --mount=type=bind', () => {
  it('of the context: read-only, without what is ignored, and in no layer', async () => {
    await shop.put('dir/a');
    await shop.put('dir/secret');
    await symlink('/etc/shadow', join(shop.context, 'dir/out'));
    await shop.put('.dockerignore', '**/secret\n');
    const built = await shop.build(`${withBusybox}RUN --mount=type=bind,source=dir,target=/in <<E
ls /in > /seen
cat /in/out >> /seen 2>&1
echo x > /in/a || echo refused >> /seen
E
`);
    await shop.inside(built, async (root) => {
      expect(await readFile(join(root, 'seen'), 'utf8')).toMatch(/^a\nout\ncat: .*No such file or directory\nrefused\n$/);
      expect((await everything(root)).sort()).toEqual(['bin', 'seen']);
    });
    expect(await readFile(join(shop.context, 'dir/a'), 'utf8')).toBe('dir/a');
  });

  it('that is writable forgets what is written, also in a context that nothing is ignored of', async () => {
    await shop.put('f', 'mine');
    const built = await shop.build(`${withBusybox}RUN --mount=target=/in,rw echo other > /in/f && cp /in/f /kept\n`);
    expect(await shop.inside(built, (root) => readFile(join(root, 'kept'), 'utf8'))).toBe('other\n');
    expect(await readFile(join(shop.context, 'f'), 'utf8')).toBe('mine');
  });

  it('of a stage, of one file, and below WORKDIR', async () => {
    const built = await shop.build(`FROM scratch AS files
COPY <<E /opt/tool
from the stage
E
${withBusybox}WORKDIR /w
RUN --mount=from=files,src=opt/tool,dst=in/tool cat in/tool > seen
RUN --mount=from=files,target=/all,rw touch /all/more && ls /all > all
`);
    await shop.inside(built, async (root) => {
      expect(await readFile(join(root, 'w/seen'), 'utf8')).toBe('from the stage\n');
      expect(await readFile(join(root, 'w/all'), 'utf8')).toBe('more\nopt\n');
      expect(await readdir(join(root, 'w'))).toEqual(['all', 'seen']);
    });
  });

  it('is built anew when what it sees has changed, and only then', async () => {
    const dockerfile = `${withBusybox}RUN --mount=source=a,target=/a cat /a > /out\n`;
    await shop.put('a', 'one');
    await shop.build(dockerfile);
    await shop.put('b', 'another file');
    const same = await shop.build(dockerfile);
    await shop.put('a', 'two');
    const changed = await shop.build(dockerfile);
    expect([same.cachedSteps - same.steps, changed.cachedSteps - changed.steps]).toEqual([0, -1]);
    expect(await shop.inside(changed, (root) => readFile(join(root, 'out'), 'utf8'))).toBe('two');
  });

  it.each([
    ['source=absent,target=/x', '"/absent": not found'],
    ['source=../../etc,target=/x', '"/etc": not found'],
    ['target=/', 'invalid mount target "/"'],
    ['from=later,target=/x', 'cannot copy from stage "later"'],
  ])('%s is refused', async (mount, words) => {
    await expect(
      shop.build(`${withBusybox}RUN --mount=${mount} true\nFROM scratch AS later\nCOPY busybox /\n`, { target: '0' }),
    ).rejects.toThrow(words);
  });
});

describe('RUN --mount=type=cache', () => {
  it('stays from build to build, by its id, and is in no layer', async () => {
    const run = (text: string) => shop.build(`${withBusybox}RUN --mount=type=cache,target=/cache,id=one ${text}\n`, { noCache: true });
    await run('echo first > /cache/f');
    const second = await run('cat /cache/f > /seen');
    const other = await shop.build(`${withBusybox}RUN --mount=type=cache,target=/cache,id=two ls -a /cache > /seen\n`);
    const seen = (built: typeof second): Promise<string> => shop.inside(built, (root) => readFile(join(root, 'seen'), 'utf8'));
    expect([await seen(second), await seen(other)]).toEqual(['first\n', '.\n..\n']);
    expect(await shop.inside(second, async (root) => (await everything(root)).sort())).toEqual(['bin', 'seen']);
  });

  it('has the mode and the owner that are asked for, and begins as what it is from', async () => {
    await shop.put('seed/f', 'seed');
    const built = await shop.build(`FROM scratch AS seed
COPY seed /seed
${withBusybox}RUN --mount=type=cache,target=/c,mode=0700,uid=5,gid=6,from=seed,source=seed stat -c '%a %u %g' /c > /seen && cat /c/f >> /seen
`);
    expect(await shop.inside(built, (root) => readFile(join(root, 'seen'), 'utf8'))).toBe('700 5 6\nseed');
  });

  it('locked is used by one step after the other, private by each for itself', async () => {
    const stage = (name: string, sharing: string): string =>
      `FROM box AS ${name}\nRUN --mount=type=cache,target=/c,id=${sharing},sharing=${sharing} if test -e /c/busy; then echo together > /seen; else touch /c/busy; sleep 0.3; rm /c/busy; echo alone > /seen; fi\n`;
    for (const sharing of ['locked', 'private']) {
      const built = await shop.build(
        `${withBusybox.replace('scratch', 'scratch AS box')}${stage('a', sharing)}${stage('b', sharing)}FROM scratch\nCOPY --from=a seen a\nCOPY --from=b seen b\n`,
      );
      const seen = await shop.inside(built, async (root) => [
        await readFile(join(root, 'a'), 'utf8'),
        await readFile(join(root, 'b'), 'utf8'),
      ]);
      expect(seen).toEqual(['alone\n', 'alone\n']);
    }
  });
});

describe('RUN --mount=type=tmpfs', () => {
  it('is empty, bounded, and gone', async () => {
    await shop.put('t/below', '');
    const built = await shop.build(
      `${withBusybox}COPY t /t\nRUN --mount=type=tmpfs,target=/t,size=64k ls /t > /seen; head -c 200000 /dev/zero > /t/big || echo full >> /seen\n`,
    );
    await shop.inside(built, async (root) => {
      expect(await readFile(join(root, 'seen'), 'utf8')).toBe('full\n');
      expect(await readdir(join(root, 't'))).toEqual(['below']);
    });
  });
});

describe('RUN --mount=type=secret', () => {
  const secrets = { token: async () => Buffer.from('s3cr3t-value') };

  it('is a file or a variable, for its owner alone, in no layer, no history and no cache key', async () => {
    const dockerfile = `${withBusybox}RUN --mount=type=secret,id=token --mount=type=secret,id=token,env=TOKEN --mount=type=secret,id=token,target=/x/y,mode=0440,uid=3,gid=4 <<E
test "$(cat /run/secrets/token)" = "$TOKEN" && test "\${#TOKEN}" = 12 && stat -c '%a %u %g' /run/secrets/token /x/y > /seen
E
`;
    const built = await shop.build(dockerfile, { secrets });
    await shop.inside(built, async (root) => {
      expect(await readFile(join(root, 'seen'), 'utf8')).toBe('400 0 0\n440 3 4\n');
      expect((await everything(root)).sort()).toEqual(['bin', 'seen']);
    });
    expect(JSON.stringify(built.image.config)).not.toContain('s3cr3t-value');
    const other = await shop.build(dockerfile, { secrets: { token: async () => Buffer.from('other') } });
    expect(other.cachedSteps).toBe(other.steps);
  });

  it('that is not given is left out, or an error when it is required', async () => {
    const built = await shop.build(`${withBusybox}RUN --mount=type=secret,id=token,env=TOKEN test -z "$TOKEN"\n`);
    expect(built.steps).toBe(3);
    await expect(shop.build(`${withBusybox}RUN --mount=type=secret,id=token,required true\n`)).rejects.toThrow(
      'Dockerfile:4: secret token: not found',
    );
  });
});

describe('RUN --mount=type=ssh', () => {
  it('leads to the agent that was given', async () => {
    const path = join(shop.directory, 'agent');
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(path, resolve));
    try {
      const dockerfile = `${withBusybox}RUN --mount=type=ssh,uid=7 test -S "$SSH_AUTH_SOCK" && stat -c '%a %u' $SSH_AUTH_SOCK > /seen\n`;
      const built = await shop.build(dockerfile, { ssh: { default: path } });
      expect(await shop.inside(built, (root) => readFile(join(root, 'seen'), 'utf8'))).toBe('600 7\n');
    } finally {
      server.close();
    }
    await expect(shop.build(`${withBusybox}RUN --mount=type=ssh,required true\n`)).rejects.toThrow(
      'no SSH key "default" forwarded from the client',
    );
  });
});

describe('what a step may do', () => {
  it('--security=insecure is for who allows it', async () => {
    const dockerfile = `${withBusybox}RUN --security=insecure mkdir /m && mount -t tmpfs none /m && umount /m\n`;
    await expect(shop.build(dockerfile)).rejects.toThrow('Dockerfile:4: security.insecure is not allowed');
    expect((await shop.build(dockerfile, { allow: ['security.insecure'] })).steps).toBe(3);
    await expect(shop.build(`${withBusybox}RUN mkdir /m && mount -t tmpfs none /m\n`)).rejects.toThrow('exit code: 1');
  });

  it('has the limits, names and room that were set', async () => {
    const bounds = {
      ulimits: [{ name: 'nofile', soft: 77, hard: 99 }],
      shmBytes: 128 * 1024,
      extraHosts: ['db:10.1.2.3', 'six:[fd00::1]'],
      limits: { pidsLimit: 40, memoryLimitBytes: 64 * 1024 * 1024 },
    };
    const built = await shop.build(
      `${withBusybox}RUN (ulimit -n; ulimit -Hn; df -k /dev/shm | tail -n 1 | tr -s ' ' | cut -d ' ' -f 2; grep -e '[[:space:]]db$' -e '[[:space:]]six$' /etc/hosts) > /seen\n`,
      { bounds },
    );
    expect(await shop.inside(built, (root) => readFile(join(root, 'seen'), 'utf8'))).toBe('77\n99\n128\n10.1.2.3\tdb\nfd00::1\tsix\n');
    await expect(shop.build(`${withBusybox}RUN x=a; while true; do x=$x$x; done\n`, { bounds })).rejects.toThrow('exit code');
  });

  it('ends with the signal, with everything that it has started', async () => {
    const stop = new AbortController();
    const building = shop.build(`${withBusybox}RUN (sleep 4321 &) ; echo begun; sleep 4321\n`, {
      signal: stop.signal,
      report: (event) => {
        if (event.do === 'output' && event.text.includes('begun')) stop.abort(new Error('enough'));
      },
    });
    await expect(building).rejects.toThrow('enough');
    const running = await readdir('/proc');
    const commands = await Promise.all(
      running.filter((name) => /^\d+$/.test(name)).map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
    );
    expect(commands.filter((command) => command.startsWith('sleep\u00004321'))).toEqual([]);
  });
});
