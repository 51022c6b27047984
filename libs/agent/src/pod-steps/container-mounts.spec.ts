import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Container, Pod } from '#api/types';
import { PodPaths } from '../pod-paths.ts';
import { pod as podOf } from '../testing/pod-builder.ts';
import { PodVolumes } from '../volumes/pod-volumes.ts';
import type { VolumeNode } from '../volumes/volume-plugin.ts';
import { WaitingError } from './errors.ts';
import { containerDevices, containerMounts } from './container-mounts.ts';

describe('the mounts of a container', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'mounts-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const mountsOf = (change: Partial<Container>, spec: Partial<Pod['spec']> = {}) => {
    const container = { name: 'c', image: 'app:v1', ...change };
    const mounts = { bindWithin: () => undefined, leadsAway: (path: string) => path.endsWith('link') };
    const paths = new PodPaths(dir, 'uid-a');
    return containerMounts({
      pod: podOf({ containers: [container], ...spec }),
      container,
      attempt: 0,
      env: ['DIR=x'],
      paths,
      volumes: new PodVolumes(paths, { mounts } as unknown as VolumeNode),
      mounts,
    });
  };

  it.each([
    [undefined, '/dev/termination-log'],
    ['/out/last', '/out/last'],
    ['out/last', '/out/last'],
  ])('a file that everybody may write at terminationMessagePath %p', (terminationMessagePath, destination) => {
    const before = process.umask(0o077);
    try {
      const mount = mountsOf({ terminationMessagePath }).find((m) => m.destination === destination);
      expect(statSync(mount!.source).mode & 0o777).toBe(0o666);
      expect(mount!.readonly).toBe(false);
    } finally {
      process.umask(before);
    }
  });

  it('a hostPath that has gone is a directory again', () => {
    const path = join(dir, 'gone');
    const volumeMounts = [{ name: 'v', mountPath: '/v' }];
    expect(mountsOf({ volumeMounts }, { volumes: [{ name: 'v', hostPath: { path } }] })).toContainEqual(
      expect.objectContaining({ source: path, destination: '/v' }),
    );
    expect(existsSync(path)).toBe(true);
  });

  it('not what a hostPath has become since the pod began: a link out of what the node sees', () => {
    const path = join(dir, 'link');
    const volumes = [{ name: 'v', hostPath: { path } }];
    expect(() => mountsOf({ volumeMounts: [{ name: 'v', mountPath: '/v' }] }, { volumes })).toThrow(
      `${path} leads out of what the node sees`,
    );
    expect(existsSync(path)).toBe(false);
  });
});

describe('the devices of a container', () => {
  const devicesOf = (device: (name: string) => { path: string; readOnly: boolean }) => {
    const container: Container = { name: 'c', image: 'app:v1', volumeDevices: [{ name: 'v', devicePath: '/dev/xvda' }] };
    const pod = podOf({ containers: [container], volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }] });
    return containerDevices({
      pod,
      container,
      volumes: { binding: () => ({ path: '', readOnly: false }), device: (_pod, { name }) => device(name) },
    });
  };

  it.each([true, false])('are where it wants them, read-only: %s', (readOnly) => {
    expect(devicesOf((name) => ({ path: `/dev/of-${name}`, readOnly }))).toEqual([
      { source: '/dev/of-v', path: '/dev/xvda', access: readOnly ? 'rm' : 'rwm' },
    ]);
  });

  it('keep it waiting while they cannot be had', () => {
    const refused = (): never => {
      throw new Error('volume v has volumeMode Filesystem, but is specified in volumeDevices');
    };
    expect(() => devicesOf(refused)).toThrow(WaitingError);
  });
});
