import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PodPaths } from '../pod-paths.ts';
import { fakeAgent } from '../testing/agent-context.ts';
import { pod as podOf } from '../testing/pod-builder.ts';
import { PodVolumes } from '../volumes/pod-volumes.ts';
import { PodObjects } from '../volumes/pod-objects.ts';
import { mountedImages } from '../volumes/volume-record.ts';
import { WaitingError } from './errors.ts';
import { mountImageVolumes } from './image-volumes.ts';
import { PodImages } from './images.ts';

describe('images as volumes', () => {
  let rootDir: string;
  beforeEach(() => {
    rootDir = mkdtempSync(join(tmpdir(), 'image-volumes-'));
  });
  afterEach(() => rmSync(rootDir, { recursive: true, force: true }));

  async function rig(reference = 'app:v1') {
    const { context, image, mounted } = fakeAgent(rootDir);
    const container = { name: 'c', image: 'app:v1', volumeMounts: [{ name: 'files', mountPath: '/f' }] };
    const pod = podOf({ containers: [container], volumes: [{ name: 'files', image: { reference, pullPolicy: 'Always' } }] });
    const paths = new PodPaths(rootDir, 'uid-a');
    const told: string[] = [];
    const objects = new PodObjects(context.watches, 'default', () => undefined);
    const pulling = new PodImages(context, objects, (_container, { reason }) => void told.push(reason));
    const volumes = new PodVolumes(paths, {
      ...context,
      objects,
      facts: () => ({ podIps: [], hostIps: [], nodeAllocatable: context.nodeAllocatable }),
    });
    await volumes.setUp(pod);
    const mount = () => mountImageVolumes({ context, pod, container, paths, images: pulling, signal: new AbortController().signal });
    return { mount, told, mounted, pod, paths, volumes, image };
  }

  it('are pulled and mounted when a container that mounts them starts, and stay the same for all that start later', async () => {
    const { mount, told, mounted, pod, paths, volumes, image } = await rig();
    expect(mounted.size).toBe(0);
    await mount();
    await mount();
    expect(told).toEqual(['Pulling', 'Pulled']);
    expect([...mounted.keys()]).toEqual([paths.volume('files')]);
    expect(mountedImages(rootDir)).toEqual([image.id]);
    expect(volumes.binding(pod, pod.spec.volumes![0]!)).toEqual({ path: paths.volume('files'), readOnly: true, options: ['noexec'] });
    await volumes.tearDown(pod);
    expect([mounted.size, existsSync(paths.dir)]).toEqual([0, false]);
  });

  it('that cannot be pulled keep the container waiting, as its own image would', async () => {
    const { mount, told } = await rig('none:v1');
    const failed: unknown = await mount().catch((err: unknown) => err);
    expect(failed).toBeInstanceOf(WaitingError);
    expect(failed).toMatchObject({ reason: 'ErrImagePull' });
    await expect(mount()).rejects.toMatchObject({ reason: 'ImagePullBackOff' });
    expect(told).toEqual(['Pulling', 'Failed', 'Failed', 'BackOff', 'Failed']);
  });
});
