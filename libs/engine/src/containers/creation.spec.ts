import type { ImageConfig, Image } from '#runtime/images.contract';
import { checkSettings, commandLine, mergedConfig } from './creation.ts';
import { configShape, hostConfigShape } from './settings.ts';

const image = (config: ImageConfig['config']): Image => ({
  id: `sha256:${'0'.repeat(64)}`,
  names: [],
  repoDigests: [],
  diffIds: [],
  sizeBytes: 0,
  config: { architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [] }, ...(config && { config }) },
});
const merged = (own: object, base: ImageConfig['config'] = {}) => mergedConfig(configShape(own, ''), image(base));

describe('the command of a container', () => {
  const base = { Entrypoint: ['/entry'], Cmd: ['a', 'b'] };
  it.each<[string, object, ImageConfig['config'], string[]]>([
    ['is that of the image', {}, base, ['/entry', 'a', 'b']],
    ['has arguments of its own', { Cmd: ['c'] }, base, ['/entry', 'c']],
    ['has an entrypoint of its own, which the arguments of the image were not meant for', { Entrypoint: ['/mine'] }, base, ['/mine']],
    ['is all its own', { Entrypoint: ['/mine'], Cmd: ['c'] }, base, ['/mine', 'c']],
    ['has the entrypoint of the image where its own is empty', { Entrypoint: [], Cmd: ['c'] }, base, ['/entry', 'c']],
    ['has none where it is reset', { Entrypoint: [''], Cmd: ['c'] }, base, ['c']],
    ['may be one word', { Cmd: 'sh' }, {}, ['sh']],
  ])('%s', (_what, own, from, want) => {
    const { path, args } = commandLine(merged(own, from));
    expect([path, ...args]).toEqual(want);
  });

  it.each([{}, { Entrypoint: [''] }])('%j of an image without one is refused', (own) => {
    expect(() => commandLine(merged(own))).toThrow(expect.objectContaining({ status: 400, message: 'No command specified' }));
  });
});

it('takes from the image what it does not say itself', () => {
  const base: ImageConfig['config'] = {
    User: 'web',
    WorkingDir: '/srv',
    Env: ['A=1', 'B=2'],
    Labels: { a: '1', b: '2' },
    ExposedPorts: { '80/tcp': {} },
    Volumes: { '/data': {} },
    StopSignal: 'SIGINT',
  };
  expect(merged({ Cmd: ['x'] }, base)).toMatchObject({ ...base, Cmd: ['x'] });
  expect(
    merged({ Cmd: ['x'], User: '7', Env: ['B=3', 'C=4'], Labels: { b: '3' }, ExposedPorts: { '81/tcp': {} }, Volumes: { '/v': {} } }, base),
  ).toMatchObject({
    User: '7',
    Env: ['A=1', 'B=3', 'C=4'],
    Labels: { a: '1', b: '3' },
    ExposedPorts: { '80/tcp': {}, '81/tcp': {} },
    Volumes: { '/data': {}, '/v': {} },
  });
});

describe('settings that are refused', () => {
  const held = ['CAP_CHOWN'];

  it.each<[object, string]>([
    [{ RestartPolicy: { Name: 'sometimes' } }, "invalid restart policy 'sometimes'"],
    [{ RestartPolicy: { Name: 'always', MaximumRetryCount: 3 } }, "maximum retry count cannot be used with restart policy 'always'"],
    [{ AutoRemove: true, RestartPolicy: { Name: 'always' } }, "can't create 'AutoRemove' container with restart policy"],
    [{ ShmSize: -1 }, 'SHM size can not be less than 0'],
    [{ OomScoreAdj: 1001 }, 'Invalid value 1001, range for oom score adj is [-1000, 1000]'],
    [{ Isolation: 'hyperv' }, `Invalid isolation: "hyperv" - linux only supports 'default'`],
    [{ CgroupnsMode: 'other' }, 'invalid cgroup namespace mode: other'],
    [{ CgroupParent: '/a/../../b' }, 'invalid cgroup parent: /a/../../b'],
    [{ Annotations: { '': 'b' } }, 'invalid Annotations: the empty string is not permitted as an annotation key'],
    [{ Annotations: { 'run.oci.seccomp_bpf_data': '' } }, 'annotation run.oci.seccomp_bpf_data is not supported by this engine'],
    [{ CapAdd: ['NO_SUCH'] }, 'invalid CapAdd: unknown capability: "CAP_NO_SUCH"'],
    [{ CapDrop: ['cap_no_such'] }, 'invalid CapDrop: unknown capability: "CAP_NO_SUCH"'],
    [
      { CapAdd: ['sys_admin'] },
      'invalid CapAdd: capability not supported by your kernel or not available in the current environment: "CAP_SYS_ADMIN"',
    ],
    [{ DeviceCgroupRules: ['c 1:x rwm'] }, "invalid device cgroup rule format: 'c 1:x rwm'"],
    [{ Devices: [{ PathOnHost: '/dev/x', CgroupPermissions: 'rx' }] }, 'bad mode specified: rx'],
    [{ Ulimits: [{ Name: 'files', Soft: 1, Hard: 1 }] }, 'invalid ulimit type: files'],
    [{ Ulimits: [{ Name: 'nofile', Soft: 2, Hard: 1 }] }, 'ulimit soft limit must be less than or equal to hard limit: 2 > 1'],
    [{ Runtime: 'kata' }, 'unknown or invalid runtime name: kata'],
    [{ LogConfig: { Type: 'syslog' } }, "logger: no log driver named 'syslog' is registered"],
  ])('%j', (host, message) => {
    expect(() => checkSettings(merged({ Cmd: ['x'] }), hostConfigShape(host, ''), held)).toThrow(
      expect.objectContaining({ status: 400, message }),
    );
  });

  it('are none of what docker run sends by itself', () => {
    const sent = {
      MemorySwappiness: -1,
      PidsLimit: 0,
      OomKillDisable: false,
      Devices: [],
      Ulimits: null,
      PortBindings: {},
      Isolation: '',
      BlkioDeviceReadBps: [],
    };
    checkSettings(merged({ Cmd: ['x'] }), hostConfigShape(sent, ''), held);
  });
});
