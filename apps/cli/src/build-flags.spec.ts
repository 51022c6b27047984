import { buildRequestOf, isRemoteContext } from './build-flags.ts';

const of = (flags: Parameters<typeof buildRequestOf>[0], environment: Record<string, string> = {}) =>
  buildRequestOf({ tag: ['r/a:1'], ...flags }, environment);

describe('flags of berth build', () => {
  it.each<[Parameters<typeof buildRequestOf>[0], object]>([
    [{ buildArg: ['A=1=2', 'B'] }, { buildArgs: { A: '1=2', B: 'from outside' } }],
    [{ buildContext: ['a=docker-image://x:1', 'b=/dir'] }, { contexts: { a: { image: 'x:1' }, b: { directory: '/dir' } } }],
    [{ platform: ['linux/amd64,linux/arm64', 'linux/arm'] }, { platforms: ['linux/amd64', 'linux/arm64', 'linux/arm'] }],
    [{ ssh: ['default', 'x=/s'] }, { ssh: { default: '/agent', x: '/s' } }],
    [
      { ulimit: ['nofile=1:2', 'core=0'], shmSize: '64m', addHost: ['a:1.2.3.4'] },
      {
        bounds: {
          shmBytes: 67_108_864,
          extraHosts: ['a:1.2.3.4'],
          ulimits: [
            { name: 'nofile', soft: 1, hard: 2 },
            { name: 'core', soft: 0, hard: 0 },
          ],
        },
      },
    ],
    [
      { cacheFrom: ['r/c', 'type=local,src=/c'] },
      {
        cacheFrom: [
          { type: 'registry', ref: 'r/c' },
          { type: 'local', directory: '/c' },
        ],
      },
    ],
    [
      { cacheTo: ['type=registry,ref=r/c,mode=max', 'type=inline'] },
      { cacheTo: [{ type: 'registry', ref: 'r/c', mode: 'max' }, { type: 'inline' }] },
    ],
    [
      { network: 'none', allow: ['security.insecure'] },
      { network: 'none', allow: ['security.insecure'] },
    ],
    [
      { cache: false, push: false, pull: true, compression: 'zstd' },
      { noCache: true, push: false, pull: true, compression: 'zstd' },
    ],
  ])('%p', (flags, wanted) => {
    expect(of(flags, { B: 'from outside', SSH_AUTH_SOCK: '/agent' })).toMatchObject(wanted);
  });

  it('a secret is a file, or a variable', async () => {
    const { secrets } = of({ secret: ['id=host,src=/etc/hostname', 'id=a,env=TOKEN', 'id=TOKEN'] }, { TOKEN: 'value' });
    const read = async (id: string): Promise<string> => Buffer.from((await secrets![id]!())!).toString();
    expect([(await read('host')).length > 0, await read('a'), await read('TOKEN')]).toEqual([true, 'value', 'value']);
  });

  it.each<[Parameters<typeof buildRequestOf>[0], string]>([
    [{ tag: [] }, '-t'],
    [{ buildArg: ['A'] }, 'must be NAME=VALUE'],
    [{ buildContext: ['a=oci-layout://x'] }, '--build-context'],
    [{ secret: ['src=/x'] }, 'id is needed'],
    [{ secret: ['id=a,env=NO'] }, 'there is no variable NO'],
    [{ secret: ['id=a,file=/x'] }, 'there is no file=/x'],
    [{ ssh: ['default'] }, 'SSH_AUTH_SOCK'],
    [{ allow: ['device'] }, '--allow device'],
    [{ network: 'bridge' }, '--network bridge'],
    [{ ulimit: ['nofile'] }, '--ulimit nofile'],
    [{ shmSize: 'big' }, '--shm-size big'],
    [{ addHost: ['x'] }, '--add-host x'],
    [{ cacheTo: ['type=gha'] }, '--cache-to type=gha'],
    [{ cacheTo: ['type=registry,ref=x,mode=all'] }, 'mode must be min or max'],
    [{ cacheFrom: ['type=s3,src=x'] }, '--cache-from'],
    [{ compression: 'xz' }, '--compression xz'],
  ])('%p is refused', (flags, words) => {
    expect(() => of(flags)).toThrow(words);
  });

  it('knows what has to be fetched', () => {
    expect(['./d', '/d', 'https://h/x.tar', 'git@h:x', 'https://h/r.git#main'].map(isRemoteContext)).toEqual([
      false,
      false,
      true,
      true,
      true,
    ]);
  });
});
