import { ManualClock } from '#base/testing';
import type { Node } from '#api/types';
import type { Container } from '#runtime/containers.contract';
import type { Image } from '#runtime/images.contract';
import { silentLogger } from '#telemetry';
import { defaultNodeSettings, type NodeSettings } from '../node-settings.ts';
import { ImageGarbage } from './image-garbage.ts';

const GIB = 2 ** 30;
const MINUTE = 60_000;
const digest = (name: string): Image['id'] => `sha256:${Buffer.from(name).toString('hex').padEnd(64, '0')}`;

/** A disk of 100 GiB, images of 5 GiB each by name, what uses them, and what else is on it. */
function rig(settings: Partial<NodeSettings['imageGc']>, otherGib: number) {
  const other = { gib: otherGib };
  const clock = new ManualClock();
  const ending = new AbortController();
  const [here, used, told] = [new Set<string>(), new Set<string>(), [] as string[]];
  const mounted = new Set<string>();
  const pinned = new Set<string>();
  const image = (name: string): Image => ({
    id: digest(name),
    names: [name],
    repoDigests: [],
    config: { architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [] } },
    diffIds: [],
    sizeBytes: 5 * GIB,
    ...(pinned.has(name) && { pinned: true }),
  });
  const container = (name: string): Container => ({
    id: name,
    sandboxId: 'p',
    name,
    labels: {},
    imageId: digest(name),
    state: 'exited',
    createdAt: new Date(0),
    logPath: '',
  });
  let removed = 0;
  const garbage = new ImageGarbage({
    images: {
      list: async () => [...here].map(image),
      remove: async (id) => {
        for (const name of here) if (digest(name) === id && here.delete(name)) removed++;
      },
      collectGarbage: async () => ({ removedBytes: 5 * GIB * removed - (removed = 0) }),
    },
    runtime: { list: async () => [...used].map(container) },
    mountedImages: () => [...mounted].map(digest),
    clock,
    logger: silentLogger,
    settings: { ...defaultNodeSettings.imageGc, minimumAgeMs: 0, ...settings },
    readDisk: async () => ({ available: (100 - other.gib - 5 * here.size) * GIB, capacity: 100 * GIB }),
    events: { event: (_, { reason, message }) => told.push(`${reason}: ${message}`) },
    node: () => ({ metadata: { name: 'n' }, spec: {} }) as Node,
  });
  return { clock, here, used, mounted, pinned, other, told, garbage, run: () => garbage.run(ending.signal), end: () => ending.abort() };
}

const add = (set: Set<string>, ...names: string[]): void => names.forEach((name) => set.add(name));

describe('image garbage', () => {
  const started = async (
    ...args: Parameters<typeof rig>
  ): Promise<ReturnType<typeof rig> & { left: () => string[]; stop: () => Promise<void> }> => {
    const made = rig(...args);
    add(made.here, 'a', 'b', 'c', 'd');
    const done = made.run();
    await made.clock.advance(0);
    return { ...made, left: () => [...made.here].toSorted(), stop: () => (made.end(), done) };
  };

  it('stays below the high threshold', async () => {
    const { clock, left, told, stop } = await started({}, 64);
    await clock.advance(10 * MINUTE);
    expect({ left: left(), told }).toEqual({ left: ['a', 'b', 'c', 'd'], told: [] });
    await stop();
  });

  it('goes above it down to the low one, what was not used for longest first', async () => {
    const { clock, used, other, left, told, stop } = await started({}, 0);
    add(used, 'a', 'c');
    await clock.advance(5 * MINUTE);
    used.clear();
    other.gib = 66;
    await clock.advance(5 * MINUTE);
    expect({ left: left(), told }).toEqual({ left: ['a', 'c'], told: [] });
    await stop();
  });

  it('leaves what is a volume of a pod', async () => {
    const { clock, mounted, other, left, stop } = await started({}, 0);
    add(mounted, 'a', 'b');
    other.gib = 75;
    await clock.advance(5 * MINUTE);
    expect(left()).toEqual(['a', 'b']);
    await stop();
  });

  it('leaves what people keep by hand', async () => {
    const { clock, pinned, other, left, stop } = await started({}, 0);
    add(pinned, 'a');
    other.gib = 95;
    await clock.advance(5 * MINUTE);
    expect(left()).toEqual(['a']);
    await stop();
  });

  it('leaves what a container has, even one that has ended, and says that it was not enough', async () => {
    const { clock, used, other, left, told, stop } = await started({}, 0);
    add(used, 'a', 'b', 'c');
    other.gib = 75;
    await clock.advance(5 * MINUTE);
    expect({ left: left(), told }).toEqual({
      left: ['a', 'b', 'c'],
      told: [
        `FreeDiskSpaceFailed: Failed to garbage collect required amount of images. Attempted to free ${15 * GIB} bytes, but only found ${5 * GIB} bytes eligible to free.`,
      ],
    });
    await stop();
  });

  it('leaves what has just come, since its pod may not have started yet', async () => {
    const { clock, here, used, other, left, garbage, stop } = await started({ minimumAgeMs: 2 * MINUTE }, 0);
    add(used, 'a', 'b', 'c', 'd');
    add(here, 'new');
    other.gib = 90;
    await garbage.freeAll();
    expect(left()).toContain('new');
    await clock.advance(2 * MINUTE);
    await garbage.freeAll();
    expect(left()).toEqual(['a', 'b', 'c', 'd']);
    await stop();
  });

  it('takes all that nobody uses when the disk is short, and tells how much that was', async () => {
    const { used, left, garbage, stop } = await started({}, 0);
    add(used, 'b');
    expect(await garbage.freeAll()).toBe(15 * GIB);
    expect(left()).toEqual(['b']);
    await stop();
  });

  it('takes what nobody has used for the maximum age, however much room there is', async () => {
    const { clock, used, left, stop } = await started({ maximumAgeMs: 60 * MINUTE }, 0);
    const pass = async (minutes: number): Promise<void> => {
      for (let i = 0; i < minutes; i += 5) await clock.advance(5 * MINUTE);
    };
    add(used, 'a');
    await pass(30);
    used.clear();
    await pass(30);
    expect(left()).toEqual(['a', 'b', 'c', 'd']); // who used the others before the agent began is not known
    await pass(5);
    expect(left()).toEqual(['a']);
    await pass(30);
    expect(left()).toEqual([]);
    await stop();
  });
});
