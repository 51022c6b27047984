import { ApiError, type KubeObject } from '#api';
import type { Pod, PodDisruptionBudget } from '#api/types';
import type { KindIo } from '../../contract.ts';
import { storedPod } from '../../testing.ts';
import { bind } from './binding.ts';
import { evict } from './eviction.ts';

const now = new Date('2026-01-01T00:00:00Z');

/** The parts of the world that these actions touch, over the objects given. */
function worldOf(objects: KubeObject[]): { io: KindIo; objects: KubeObject[]; deleted: string[] } {
  const deleted: string[] = [];
  const io = {
    now: () => now,
    list: (gvk: { kind: string }) => objects.filter(({ kind }) => kind === gvk.kind),
    modify: (gvk: { kind: string }, _namespace: string, name: string, change: (object: KubeObject) => KubeObject | undefined) => {
      const at = objects.findIndex((object) => object.kind === gvk.kind && object.metadata.name === name);
      const next = change(objects[at] as KubeObject);
      if (next) objects[at] = next;
      return Promise.resolve(objects[at] as KubeObject);
    },
    delete: (_gvk: unknown, _namespace: string, name: string) => {
      deleted.push(name);
      return Promise.resolve(objects[0] as KubeObject);
    },
  } as unknown as KindIo;
  return { io, objects, deleted };
}

const bindingOf = (target: object, metadata: object = {}): KubeObject =>
  ({ apiVersion: 'v1', kind: 'Binding', metadata: { name: 'a', ...metadata }, target }) as unknown as KubeObject;
const write = { dryRun: false };
const refusalOf = async (work: Promise<unknown>): Promise<[number, string]> => {
  const err = await work.then(
    () => undefined,
    (refused: unknown) => refused,
  );
  if (!(err instanceof ApiError)) throw new Error('nothing was refused');
  return [err.code, err.message];
};

describe('binding', () => {
  it('puts the pod on the node and says that it is scheduled', async () => {
    const pod = storedPod();
    const { io, objects } = worldOf([pod]);
    await expect(bind(pod, bindingOf({ kind: 'Node', name: 'n1' }), io, write)).resolves.toMatchObject({ status: 'Success' });
    expect(objects[0]).toMatchObject({
      spec: { nodeName: 'n1' },
      status: { conditions: [{ type: 'PodScheduled', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' }] },
    });
  });

  it.each<[string, Pod, KubeObject, [number, string]]>([
    [
      'a pod that has a node',
      storedPod({ spec: { nodeName: 'n0' } }),
      bindingOf({ name: 'n1' }),
      [409, 'Operation cannot be fulfilled on pods/binding "a": pod a is already assigned to node "n0"'],
    ],
    [
      'another pod of that name',
      storedPod(),
      bindingOf({ name: 'n1' }, { uid: 'u2' }),
      [409, 'Operation cannot be fulfilled on pods/binding "a": Precondition failed: UID in precondition: u2, UID in object meta: u1'],
    ],
    ['no node', storedPod(), bindingOf({}), [422, 'Binding "a" is invalid: target.name: Required value']],
  ])('refuses %s', async (_name, pod, body, want) => {
    expect(await refusalOf(bind(pod, body, worldOf([pod]).io, write))).toEqual(want);
  });

  it('writes nothing on a dry run', async () => {
    const pod = storedPod();
    const { io, objects } = worldOf([pod]);
    await bind(pod, bindingOf({ name: 'n1' }), io, { dryRun: true });
    expect(objects[0]).toBe(pod);
  });
});

describe('eviction', () => {
  const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'a' } };
  const budget = (disruptionsAllowed: number): PodDisruptionBudget => ({
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'b', namespace: 'default' },
    spec: { selector: {} },
    status: { disruptionsAllowed, currentHealthy: 2, desiredHealthy: 2, expectedPods: 3, observedGeneration: 1 },
  });
  const ready = storedPod({ status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } });

  it('deletes a pod that no budget covers', async () => {
    const { io, objects, deleted } = worldOf([ready]);
    await evict(ready, eviction, io, write);
    expect(deleted).toEqual(['a']);
    expect(objects[0]).toHaveProperty('status.conditions', [
      { type: 'Ready', status: 'True' },
      {
        type: 'DisruptionTarget',
        status: 'True',
        reason: 'EvictionByEvictionAPI',
        message: 'Eviction API: evicting',
        lastTransitionTime: '2026-01-01T00:00:00Z',
      },
    ]);
  });

  it.each([
    ['the newest version', '1', 'newer'],
    ['an older version', '0', '0'],
    ['none', undefined, undefined],
  ])('deletes the pod in the version that it has with its condition, if the client knew %s', async (_, known, demanded) => {
    const { io } = worldOf([{ ...ready, metadata: { ...ready.metadata, resourceVersion: '1' } }]);
    const versions: unknown[] = [];
    const counting: KindIo = {
      ...io,
      modify: async (gvk, namespace, name, change) => {
        const object = await io.modify(gvk, namespace, name, change);
        return { ...object, metadata: { ...object.metadata, resourceVersion: 'newer' } };
      },
      delete: async (_gvk, _namespace, _name, { resourceVersion }) => {
        versions.push(resourceVersion);
        return ready;
      },
    };
    const deleteOptions = { preconditions: { resourceVersion: known } };
    await evict(ready, { ...eviction, deleteOptions } as KubeObject, counting, write);
    expect(versions).toEqual([demanded]);
  });

  it('leaves a pod as it is that is another than the client meant, or that is only tried', async () => {
    const { io, objects } = worldOf([ready]);
    await evict(ready, { ...eviction, deleteOptions: { preconditions: { uid: 'another' } } } as KubeObject, io, write);
    await evict(ready, eviction, io, { dryRun: true });
    expect(objects[0]).toEqual(ready);
  });

  it('spends the budget', async () => {
    const { io, objects, deleted } = worldOf([ready, budget(1)]);
    await evict(ready, eviction, io, write);
    expect(deleted).toEqual(['a']);
    expect(objects[1]).toMatchObject({ status: { disruptionsAllowed: 0, disruptedPods: { a: '2026-01-01T00:00:00Z' } } });
  });

  it('waits while the budget is spent', async () => {
    const { io, deleted } = worldOf([ready, budget(0)]);
    expect(await refusalOf(evict(ready, eviction, io, write))).toEqual([
      429,
      "Cannot evict pod as it would violate the pod's disruption budget.",
    ]);
    expect(deleted).toEqual([]);
  });

  it.each([
    ['1', { minAvailable: 1 }, 2, true],
    ['all but one', { maxUnavailable: 1 }, 2, true],
    ['all', { minAvailable: '100%' }, 2, false],
    ['2 of 1', { minAvailable: 2 }, 1, false],
  ] as const)('counts itself while nobody has: %s', async (_name, spec, count, allowed) => {
    const pods = Array.from({ length: count }, (_, i) => ({ ...ready, metadata: { ...ready.metadata, name: `p${i}` } }));
    const fresh = { ...budget(0), spec: { selector: {}, ...spec }, status: undefined };
    const { io, deleted } = worldOf([...pods, fresh]);
    const outcome = await evict(pods[0] ?? ready, { ...eviction, metadata: { name: 'p0' } }, io, write).then(
      () => true,
      () => false,
    );
    expect([outcome, deleted.length]).toEqual([allowed, allowed ? 1 : 0]);
  });
});
