import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Volume } from '#api/types';
import { PodPaths } from '../pod-paths.ts';
import { PrepareError } from '../pod-steps/errors.ts';
import { pod as podOf } from '../testing/pod-builder.ts';
import { fakeVolumeNode } from '../testing/volume-node.ts';
import { PodVolumes, volumesDiffer } from './pod-volumes.ts';
import { volumeTypes } from './types/index.ts';
import type { Upkeep, VolumePlugin } from './volume-plugin.ts';

describe('the volumes of a pod', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'pod-volumes-'));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const podWith = (...volumes: Volume[]) => podOf({ volumes });

  /** Serves `flocker`, which no node does any more, by the words of a test; tells what was asked of it. */
  function setUp(answers: Record<string, Upkeep | Error> = {}) {
    const asked: string[] = [];
    const answer = async (verb: string, name: string): Promise<Upkeep> => {
      asked.push(`${verb} ${name}`);
      const given = answers[name] ?? {};
      if (given instanceof Error) throw given;
      return given;
    };
    const plugin: VolumePlugin<'flocker'> = {
      type: 'flocker',
      isReadOnly: () => true,
      refusal: ({ datasetName }) => (datasetName === 'none' ? 'no such dataset' : undefined),
      setUp: ({ name }) => answer('setUp', name),
      refresh: ({ name }) => answer('refresh', name),
      tearDown: async ({ name }) => void (await answer('tearDown', name)),
    };
    const node = fakeVolumeNode();
    const paths = new PodPaths(root, 'uid-a');
    return { asked, answers, node, paths, volumes: new PodVolumes(paths, node, [...volumeTypes, plugin]) };
  }
  const flocker = (name: string, datasetName = 'd'): Volume => ({ name, flocker: { datasetName } });

  it.each([
    ['what cannot be made', flocker('v'), { v: new Error('no route') }, 'no route'],
    ['what no node serves', flocker('v', 'none'), {}, 'no such dataset'],
    ['what no plugin claims', { name: 'v', quobyte: {} } as Volume, {}, 'no volume plugin matched'],
    ['what the system refuses', flocker('v'), { v: Object.assign(new Error('EACCES: /root/x'), { code: 'EACCES' }) }, 'permission denied'],
  ])('says in the kubelet’s words %s', async (_what, volume, answers, says) => {
    const error = await setUp(answers)
      .volumes.setUp(podWith(volume))
      .catch((err: unknown) => err);
    expect(error).toBeInstanceOf(PrepareError);
    expect(error).toMatchObject({ reason: 'FailedMount', message: `MountVolume.SetUp failed for volume "v" : ${says}` });
  });

  it('are all tried before the first failure counts', async () => {
    const { volumes, asked } = setUp({ a: new Error('no') });
    await expect(volumes.setUp(podWith(flocker('a'), flocker('b')))).rejects.toThrow('volume "a" : no');
    expect(asked).toEqual(['setUp a', 'setUp b']);
  });

  it('are due when the first of them is, whatever the others say', async () => {
    const { volumes, answers, node } = setUp();
    const startMs = node.clock.now().getTime();
    const after = (ms: number): Upkeep => ({ renewAtMs: startMs + ms });
    Object.assign(answers, { a: after(3_000), b: after(2_000), c: {} });
    const pod = podWith(flocker('a'), flocker('b'), flocker('c'));
    await volumes.setUp(pod);
    expect(volumes.refreshAtMs).toBe(startMs + 2_000);
    answers['b'] = after(5_000);
    await volumes.refresh(pod);
    expect(volumes.refreshAtMs).toBe(startMs + 3_000);
  });

  it('are due at once when what they are made from has changed, also while they are being made', async () => {
    const { volumes } = setUp();
    const pod = podWith(flocker('a'));
    expect(volumes.refreshAtMs).toBe(0);
    const making = volumes.setUp(pod);
    expect(volumes.refreshAtMs).toBeUndefined();
    volumes.outdate();
    await making;
    expect(volumes.refreshAtMs).toBe(0);
    await volumes.refresh(pod);
    expect(volumes.refreshAtMs).toBeUndefined();
  });

  it('are not due over and over, whatever a plugin says', async () => {
    const { volumes, node } = setUp({ a: { renewAtMs: 0 } });
    await volumes.setUp(podWith(flocker('a')));
    expect(volumes.refreshAtMs).toBe(node.clock.now().getTime() + 1_000);
  });

  it('are refreshed one by one: what fails stays as it was, the others follow', async () => {
    const { volumes, answers, node, asked } = setUp();
    const renewAtMs = node.clock.now().getTime() + 60_000;
    answers['a'] = { renewAtMs };
    node.configMaps.set('cm', { k: '1' });
    const pod = podWith(flocker('a'), { name: 'e', emptyDir: {} }, { name: 'm', configMap: { name: 'cm' } }, flocker('b'));
    await volumes.setUp(pod);
    answers['a'] = new Error('lost');
    asked.length = 0;
    await expect(volumes.refresh(pod)).rejects.toThrow('lost');
    expect(asked).toEqual(['refresh a', 'refresh b']);
    expect(volumes.refreshAtMs).toBe(renewAtMs);
  });

  it('are bound from where they lie, read-only where their type is', () => {
    const { volumes, paths } = setUp();
    const binding = (volume: Volume) => volumes.binding(podWith(volume), volume);
    expect(binding(flocker('v'))).toEqual({ path: paths.volume('v'), readOnly: true });
    expect(binding({ name: 'e', emptyDir: {} })).toEqual({ path: paths.volume('e'), readOnly: false });
    expect(binding({ name: 'h', hostPath: { path: root } })).toEqual({ path: root, readOnly: false });
  });

  it('go in the reverse of their use: parts that are bound, volumes, and then all that is left', async () => {
    const { volumes, node, paths, asked } = setUp();
    const pod = podWith(flocker('v'), { name: 'x', quobyte: {} } as Volume);
    const part = paths.subPath('v', 'c', 0);
    mkdirSync(paths.logs('c'), { recursive: true });
    writeFileSync(paths.log('c', 0), 'text');
    node.mounted.set(part, { mode: 0o755 }).set(paths.files, { mode: 0o755 });
    node.mounts.unmount = async (target) => {
      asked.push(`unmount ${target.slice(paths.dir.length + 1)}`);
      node.mounted.delete(target);
    };
    await volumes.tearDown(pod);
    expect(asked).toEqual(['unmount volume-subpaths/v/c/0', 'tearDown v', 'unmount files']);
    expect(existsSync(paths.dir)).toBe(false);
    await volumes.tearDown(pod);
  });

  it('keep the files of a pod while one of them cannot be torn down', async () => {
    const { volumes, paths } = setUp({ v: new Error('busy') });
    mkdirSync(paths.dir, { recursive: true });
    await expect(volumes.tearDown(podWith(flocker('v')))).rejects.toThrow('busy');
    expect(existsSync(paths.dir)).toBe(true);
  });

  it('differ by what they are made from, not by the status', () => {
    const pod = podOf();
    expect(volumesDiffer(pod, { ...pod, status: { phase: 'Running' } })).toBe(false);
    expect(volumesDiffer(pod, { ...pod, metadata: { ...pod.metadata, labels: { a: 'b' } } })).toBe(true);
  });
});
