import { ApiError, type KubeObject } from '#api';
import type { Deployment, Pod } from '#api/types';
import { resources } from '#objects';
import type { Api, DeleteOptions, ListQuery, WatchEvent, WriteItem, WriteResult } from '../contract.ts';
import { bind, bindItem, create, patch, remove, update, updateStatus } from '../verbs.ts';

export interface ApiUnderTest {
  api: Api;
  /** A resource version that the log does not reach back to any more. */
  tooOld(): string;
  close(): Promise<void>;
}

const { configMaps, deployments, namespaces, pods } = resources;

type ConfigMap = KubeObject & { data?: Record<string, string> };
const configMap = (namespace: string, name: string, data: Record<string, string> = {}, metadata: object = {}): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace, name, ...metadata },
  data,
});
const pod = (namespace: string, name: string): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace, name },
  spec: { containers: [{ name: 'c', image: 'i' }] },
});
const deployment = (namespace: string): Deployment => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { namespace, name: 'd' },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: 'd' } },
    template: { metadata: { labels: { app: 'd' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
  },
});

/** Code, reason and message of a refusal; fails the test when there was none. */
async function refusal(write: Promise<unknown>): Promise<[number, string, string]> {
  try {
    await write;
  } catch (err) {
    if (err instanceof ApiError) return [err.code, String(err.status.reason), err.message];
    throw err;
  }
  throw new Error('the write was not refused');
}

const codeOf = async (write: Promise<unknown>): Promise<number> => (await refusal(write))[0];

/** What every Api must do, be it a connection to an api-server or a fake of one. A fault found in one becomes a case here. */
export function apiConformance(name: string, make: () => Promise<ApiUnderTest>): void {
  describe(`${name} keeps the contract of the API`, () => {
    let on: ApiUnderTest;
    let api: Api;
    let ns = '';
    let count = 0;
    beforeAll(async () => {
      on = await make();
      api = on.api;
    });
    afterAll(() => on.close());
    beforeEach(async () => {
      ns = `n${++count}`;
      await create(api, namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: ns } });
    });

    const ref = (name: string, resource = configMaps) => ({ resource, namespace: ns, name });
    const given = (name: string, data: Record<string, string> = {}, metadata: object = {}) =>
      create(api, configMaps, configMap(ns, name, data, metadata));
    const get = (name: string) => api.get<ConfigMap>(ref(name));
    const deleted = async (name: string, options: DeleteOptions = {}, resource = configMaps): Promise<WriteResult> => {
      const [result] = await api.writeMany([{ verb: 'delete', ...ref(name, resource), options }]);
      return result!;
    };

    describe('get', () => {
      it('answers what was created, and what is not there is 404', async () => {
        const made = await given('a', { k: 'v' });
        expect(await get('a')).toEqual(made);
        expect(await refusal(get('b'))).toEqual([404, 'NotFound', 'configmaps "b" not found']);
        expect(await codeOf(api.get({ resource: configMaps, namespace: 'elsewhere', name: 'a' }))).toBe(404);
      });
    });

    describe('create', () => {
      it('gives an identity of its own', async () => {
        const [a, b] = [await given('a', { k: 'v' }, { uid: 'mine', labels: { l: 'v' } }), await given('b')];
        expect(a).toMatchObject({ data: { k: 'v' }, metadata: { name: 'a', namespace: ns, labels: { l: 'v' } } });
        expect(a.metadata.creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
        expect(a.metadata.uid).not.toBe('mine');
        expect(a.metadata.uid).not.toBe(b.metadata.uid);
        expect(Number(b.metadata.resourceVersion)).toBeGreaterThan(Number(a.metadata.resourceVersion));
      });

      it('makes up the rest of a generated name', async () => {
        const make = () => create(api, configMaps, configMap(ns, '', {}, { name: undefined, generateName: 'g-' }));
        const names = [await make(), await make()].map(({ metadata }) => metadata.name);
        expect(names).toEqual([expect.stringMatching(/^g-.{5}$/), expect.stringMatching(/^g-.{5}$/)]);
        expect(new Set(names).size).toBe(2);
      });

      it('refuses a name that is taken', async () => {
        await given('a', { k: 'v' });
        expect(await refusal(given('a'))).toEqual([409, 'AlreadyExists', 'configmaps "a" already exists']);
        expect(await get('a')).toMatchObject({ data: { k: 'v' } });
      });

      it('refuses an object that is of another namespace than it was sent to', async () => {
        const item: WriteItem = { verb: 'create', resource: configMaps, namespace: ns, object: configMap('elsewhere', 'a') };
        const [result] = await api.writeMany([item]);
        expect(result).toMatchObject({ ok: false, status: { code: 400, reason: 'BadRequest' } });
      });
    });

    describe('update', () => {
      it('replaces, and keeps what identifies the object', async () => {
        const made = await given('a', { k: 'v' }, { labels: { l: 'v' } });
        const { uid, creationTimestamp, resourceVersion } = made.metadata;
        const next = await update(api, configMaps, configMap(ns, 'a', { n: 'w' }));
        expect(next.data).toEqual({ n: 'w' });
        expect(next.metadata).toMatchObject({ uid, creationTimestamp });
        expect(next.metadata.labels).toBeUndefined();
        expect(Number(next.metadata.resourceVersion)).toBeGreaterThan(Number(resourceVersion));
        expect(await get('a')).toEqual(next);
      });

      it('of a state that is not the present one any more is a conflict', async () => {
        const made = await given('a', { k: '1' });
        const next = await update(api, configMaps, { ...made, data: { k: '2' } });
        expect(await refusal(update(api, configMaps, { ...made, data: { k: '3' } }))).toEqual([
          409,
          'Conflict',
          'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again',
        ]);
        expect(await get('a')).toEqual(next);
      });

      it('of another object by the same name is a conflict', async () => {
        const made = await given('a');
        const other = configMap(ns, 'a', { k: '2' }, { uid: 'other' });
        expect(await refusal(update(api, configMaps, other))).toEqual([
          409,
          'Conflict',
          `Operation cannot be fulfilled on configmaps "a": Precondition failed: UID in precondition: other, UID in object meta: ${made.metadata.uid}`,
        ]);
      });

      it('that changes nothing is no change', async () => {
        const made = await given('a', { k: 'v' });
        const again = await update(api, configMaps, { ...made });
        expect(again.metadata.resourceVersion).toBe(made.metadata.resourceVersion);
      });

      it('of what is not there is 404', async () => {
        expect(await codeOf(update(api, configMaps, configMap(ns, 'a', {}, { resourceVersion: '1' })))).toBe(404);
      });

      it('of one name sent to another is refused', async () => {
        await given('a');
        const [result] = await api.writeMany([{ verb: 'update', ...ref('a'), object: configMap(ns, 'b') }]);
        expect(result).toMatchObject({ ok: false, status: { code: 400, reason: 'BadRequest' } });
      });

      it('of the object leaves its status alone, and the other way round', async () => {
        const made = await create(api, deployments, deployment(ns));
        const shown = await updateStatus(api, deployments, { ...made, spec: { ...made.spec, replicas: 7 }, status: { replicas: 5 } });
        expect([shown.spec.replicas, shown.status?.replicas]).toEqual([1, 5]);
        const scaled = await update(api, deployments, { ...shown, spec: { ...shown.spec, replicas: 3 }, status: { replicas: 9 } });
        expect([scaled.spec.replicas, scaled.status?.replicas]).toEqual([3, 5]);
      });

      it('counts generations of what is asked for, and of nothing else', async () => {
        const made = await create(api, deployments, deployment(ns));
        const shown = await updateStatus(api, deployments, { ...made, status: { replicas: 5 } });
        const labelled = await update(api, deployments, { ...shown, metadata: { ...shown.metadata, labels: { l: 'v' } } });
        const scaled = await update(api, deployments, { ...labelled, spec: { ...labelled.spec, replicas: 3 } });
        expect([made, shown, labelled, scaled].map(({ metadata }) => metadata.generation)).toEqual([1, 1, 1, 2]);
      });

      it('neither marks for deletion nor takes the mark away', async () => {
        const made = await given('a', {}, { finalizers: ['example.com/f'] });
        const marked = { ...made, metadata: { ...made.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } };
        expect(await codeOf(update(api, configMaps, marked))).toBe(422);
        await deleted('a');
        const unmarked = { ...(await get('a')).metadata, deletionTimestamp: undefined };
        expect((await update(api, configMaps, { ...made, data: { k: 'v' }, metadata: unmarked })).metadata.deletionTimestamp).toBeDefined();
      });
    });

    describe('patch', () => {
      it('merges: what is null goes, the rest stays', async () => {
        await given('a', { k: 'v', gone: 'x' }, { labels: { l: 'v' } });
        const next = await patch<ConfigMap>(api, ref('a'), { data: { gone: null, n: 'w' }, metadata: { labels: { m: 'v' } } });
        expect(next).toMatchObject({ data: { k: 'v', n: 'w' }, metadata: { labels: { l: 'v', m: 'v' } } });
        expect(next.data).not.toHaveProperty('gone');
      });

      it('merges lists of a pod by their keys when it is strategic', async () => {
        await create(api, pods, pod(ns, 'p'));
        const condition = (type: string, status: string) => ({ status: { conditions: [{ type, status }] } });
        const to = { patchType: 'application/strategic-merge-patch+json', subresource: 'status' } as const;
        await patch(api, ref('p', pods), condition('Ready', 'False'), to);
        await patch(api, ref('p', pods), condition('example.com/x', 'True'), to);
        const { status } = await patch<Pod>(api, ref('p', pods), condition('Ready', 'True'), to);
        const told = (status?.conditions ?? [])
          .filter(({ type }) => type !== 'PodScheduled')
          .map(({ type, status: is }) => `${type} ${is}`);
        expect(told.toSorted()).toEqual(['Ready True', 'example.com/x True']);
      });

      it('does what a JSON patch says, step by step', async () => {
        await given('a', { k: 'v' });
        const steps = [
          { op: 'test', path: '/data/k', value: 'v' },
          { op: 'replace', path: '/data/k', value: 'w' },
        ];
        expect(await patch(api, ref('a'), steps, { patchType: 'application/json-patch+json' })).toMatchObject({ data: { k: 'w' } });
        expect(await codeOf(patch(api, ref('a'), steps, { patchType: 'application/json-patch+json' }))).toBe(422);
      });

      it('that changes nothing is no change', async () => {
        const made = await given('a', { k: 'v' });
        expect((await patch(api, ref('a'), { data: { k: 'v' } })).metadata.resourceVersion).toBe(made.metadata.resourceVersion);
      });

      it.each([
        ['a state that has passed', { resourceVersion: '1' }, 409],
        ['another object', { uid: 'other' }, 422],
      ])('bound to %s is refused', async (_what, metadata, code) => {
        const made = await given('a', { k: 'v' });
        expect(await codeOf(patch(api, ref('a'), { metadata, data: { k: 'w' } }))).toBe(code);
        expect(await get('a')).toEqual(made);
      });

      it('of what is not there is 404', async () => {
        expect(await refusal(patch(api, ref('a'), { data: {} }))).toEqual([404, 'NotFound', 'configmaps "a" not found']);
      });
    });

    describe('delete', () => {
      it('takes away what nothing holds', async () => {
        const made = await given('a');
        expect(await deleted('a')).toMatchObject({ ok: true, uid: made.metadata.uid });
        expect(await codeOf(get('a'))).toBe(404);
        expect(await deleted('a')).toMatchObject({ ok: false, status: { code: 404 } });
        await remove(api, ref('a')); // for `remove` that is no failure
      });

      it.each([
        ['another object', { uid: 'other' }],
        ['a state that has passed', { resourceVersion: '1' }],
      ])('of %s is a conflict', async (_what, preconditions) => {
        const made = await given('a');
        expect(await deleted('a', { preconditions })).toMatchObject({ ok: false, status: { code: 409, reason: 'Conflict' } });
        expect(await get('a')).toEqual(made);
      });

      it('with the right preconditions goes through', async () => {
        const { uid, resourceVersion } = (await given('a')).metadata;
        expect(await deleted('a', { preconditions: { uid, resourceVersion } })).toMatchObject({ ok: true });
      });

      it('only marks what has finalizers; the last of them lets it go', async () => {
        const made = await given('a', {}, { finalizers: ['example.com/f'] });
        expect(await deleted('a')).toMatchObject({ ok: true });
        const marked = await get('a');
        expect(marked.metadata).toMatchObject({
          deletionTimestamp: expect.any(String),
          deletionGracePeriodSeconds: 0,
          uid: made.metadata.uid,
        });
        await deleted('a');
        expect((await get('a')).metadata.resourceVersion).toBe(marked.metadata.resourceVersion);
        await patch(api, ref('a'), { metadata: { finalizers: null } });
        expect(await codeOf(get('a'))).toBe(404);
      });

      it('marks with a new generation what has one', async () => {
        const made = await create(api, deployments, {
          ...deployment(ns),
          metadata: { ...deployment(ns).metadata, finalizers: ['example.com/f'] },
        });
        await deleted('d', {}, deployments);
        expect((await api.get(ref('d', deployments))).metadata.generation).toBe(made.metadata.generation! + 1);
      });

      it.each([
        ['Foreground' as const, [], ['foregroundDeletion']],
        ['Orphan' as const, [], ['orphan']],
        ['Foreground' as const, ['orphan'], ['foregroundDeletion']],
        ['Background' as const, ['example.com/f', 'orphan'], ['example.com/f']],
      ])('in the way %s of what has %j leaves %j', async (propagationPolicy, finalizers, want) => {
        await given('a', {}, { finalizers });
        await deleted('a', { propagationPolicy });
        expect((await get('a')).metadata.finalizers).toEqual(want);
      });

      it('gives a pod that runs the time that it has, and one that was never placed none', async () => {
        await create(api, pods, pod(ns, 'free'));
        await deleted('free', {}, pods);
        expect(await codeOf(api.get(ref('free', pods)))).toBe(404);
        await bind(api, await create(api, pods, pod(ns, 'placed')), 'node-1');
        await deleted('placed', {}, pods);
        const graceOf = async () => (await api.get(ref('placed', pods))).metadata.deletionGracePeriodSeconds;
        expect(await graceOf()).toBe(30);
        await deleted('placed', { gracePeriodSeconds: 5 }, pods);
        await deleted('placed', { gracePeriodSeconds: 60 }, pods);
        expect(await graceOf()).toBe(5);
        await deleted('placed', { gracePeriodSeconds: 0 }, pods);
        expect(await codeOf(api.get(ref('placed', pods)))).toBe(404);
      });
    });

    describe('a namespace', () => {
      it('goes when it is finalized, and not before', async () => {
        const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: `${ns}-goes` }, spec: { finalizers: ['kubernetes'] } };
        const name = namespace.metadata.name;
        await create(api, namespaces, namespace);
        await api.writeMany([{ verb: 'delete', resource: namespaces, name }]);
        const marked = await api.get<typeof namespace & KubeObject>({ resource: namespaces, name });
        expect(marked.metadata.deletionTimestamp).toBeDefined();
        const object: KubeObject & { spec: object } = { ...marked, spec: { finalizers: [] } };
        const [result] = await api.writeMany([{ verb: 'update', resource: namespaces, subresource: 'finalize', name, object }]);
        expect(result).toMatchObject({ ok: true });
        expect(await codeOf(api.get({ resource: namespaces, name }))).toBe(404);
      });
    });

    describe('a binding', () => {
      it('places a pod once', async () => {
        const made = await create(api, pods, pod(ns, 'p'));
        await bind(api, made, 'node-1');
        expect((await api.get<Pod>(ref('p', pods))).spec.nodeName).toBe('node-1');
        expect(await refusal(bind(api, made, 'node-2'))).toEqual([
          409,
          'Conflict',
          'Operation cannot be fulfilled on pods/binding "p": pod p is already assigned to node "node-1"',
        ]);
      });

      it('is of the pod that was meant', async () => {
        const made = await create(api, pods, pod(ns, 'p'));
        const other = { ...made, metadata: { ...made.metadata, uid: 'other' } };
        expect(await codeOf(bind(api, other, 'node-1'))).toBe(409);
        expect(await codeOf(bind(api, { ...made, metadata: { ...made.metadata, name: 'q' } }, 'node-1'))).toBe(404);
      });
    });

    describe('writeMany', () => {
      it('answers one outcome an item, in order; one that is refused holds up no other', async () => {
        const item = (name: string, wantObject = false): WriteItem => ({
          verb: 'create',
          resource: configMaps,
          namespace: ns,
          object: configMap(ns, name),
          wantObject,
        });
        const results = await api.writeMany([item('a'), item('b', true), item('a'), { verb: 'delete', ...ref('x') }, item('c')]);
        const codes = results.map((result) => (result.ok ? 'ok' : result.status.code));
        expect(codes).toEqual(['ok', 'ok', 409, 404, 'ok']);
        const names = results.map((result) => (result.ok ? result.object?.metadata.name : undefined));
        expect(names).toEqual([undefined, 'b', undefined, undefined, undefined]);
      });

      it('does nothing when there is nothing to do', async () => {
        expect(await api.writeMany([])).toEqual([]);
      });

      it('works off what is sent together in order', async () => {
        await given('a', { k: '0' });
        const write = (k: string): WriteItem => ({
          verb: 'patch',
          ...ref('a'),
          patchType: 'application/merge-patch+json',
          patch: { data: { k } },
        });
        const results = await api.writeMany([write('1'), write('2'), write('3')]);
        const revisions = results.map((result) => (result.ok ? Number(result.resourceVersion) : 0));
        expect(revisions.toSorted((a, b) => a - b)).toEqual(revisions);
        expect(await get('a')).toMatchObject({ data: { k: '3' } });
      });

      it('refuses a binding to a pod that is not there', async () => {
        const [result] = await api.writeMany([bindItem(pod(ns, 'p'), 'node-1')]);
        expect(result).toMatchObject({ ok: false, status: { code: 404 } });
      });
    });

    describe('list', () => {
      const names = async (query: Partial<ListQuery>): Promise<string[]> => {
        const { items } = await api.list({ resource: configMaps, namespace: ns, ...query });
        return items.filter(({ metadata }) => metadata.namespace?.startsWith('n')).map(({ metadata }) => metadata.name ?? '');
      };
      beforeEach(async () => {
        await given('c', {}, { labels: { app: 'x', tier: 'back' } });
        await given('a', {}, { labels: { app: 'x' } });
        await given('b', {}, { labels: { app: 'y' } });
      });

      it.each<[string, Partial<ListQuery>, string[]]>([
        ['everything', {}, ['a', 'b', 'c']],
        ['of equal labels', { labelSelector: 'app=x' }, ['a', 'c']],
        ['of other labels', { labelSelector: 'app!=x' }, ['b']],
        ['of one of several values', { labelSelector: 'app in (y,z)' }, ['b']],
        ['of labels that are there', { labelSelector: 'tier' }, ['c']],
        ['of labels that are not there', { labelSelector: '!tier' }, ['a', 'b']],
        ['of all demands', { labelSelector: 'app=x,!tier' }, ['a']],
        ['of one name', { fieldSelector: 'metadata.name=b' }, ['b']],
        ['of other names', { fieldSelector: 'metadata.name!=b' }, ['a', 'c']],
        ['of a name and labels', { fieldSelector: 'metadata.name=b', labelSelector: 'app=x' }, []],
      ])('answers %s, in order', async (_what, query, want) => expect(await names(query)).toEqual(want));

      it('answers all namespaces when none is named', async () => {
        const { items } = await api.list({ resource: configMaps, labelSelector: 'app=y' });
        expect(items.map(({ metadata }) => metadata.namespace)).toContain(ns);
        expect(items.length).toBeGreaterThan(1);
      });
    });

    describe('watch', () => {
      /** Watches while `work` is done, until as many events have come. */
      async function seen(
        query: Partial<ListQuery> & { resourceVersion?: string },
        { count: wanted, work = async () => undefined }: { count: number; work?: () => Promise<unknown> },
      ): Promise<WatchEvent[]> {
        const stop = new AbortController();
        const events: WatchEvent[] = [];
        let working: Promise<unknown> | undefined;
        for await (const batch of api.watch({ resource: configMaps, namespace: ns, ...query }, stop.signal)) {
          events.push(...batch);
          if (events.some(({ type }) => type === 'bookmark')) working ??= work();
          if (events.length >= wanted) stop.abort();
        }
        await working;
        return events;
      }
      const told = (events: readonly WatchEvent[]): string[] =>
        events.map((event) => (event.type === 'bookmark' ? 'bookmark' : `${event.type} ${event.object.metadata.name}`));

      it('shows what there is, a bookmark, and every change after it, in order', async () => {
        await given('a');
        const work = async () => {
          const b = await given('b');
          await update(api, configMaps, { ...b, data: { k: 'v' } });
          await deleted('b');
        };
        const events = await seen({}, { count: 5, work });
        expect(told(events)).toEqual(['added a', 'bookmark', 'added b', 'modified b', 'deleted b']);
        const revisions = events
          .slice(1)
          .map((event) => Number(event.type === 'bookmark' ? event.resourceVersion : event.object.metadata.resourceVersion));
        expect(revisions).toEqual([...revisions].toSorted((x, y) => x - y));
        expect(new Set(revisions.slice(1)).size).toBe(3);
      });

      it('goes on from a list without gap or repetition, and says from where', async () => {
        await given('a');
        const { resourceVersion } = await api.list({ resource: configMaps, namespace: ns });
        await given('b');
        const events = await seen({ resourceVersion }, { count: 3, work: () => given('c') });
        expect(told(events)).toEqual(['bookmark', 'added b', 'added c']);
        expect(events[0]).toEqual({ type: 'bookmark', resourceVersion });
      });

      it('shows what comes into a selection as added, and what leaves it as deleted', async () => {
        const a = await given('a', {}, { labels: { app: 'x' } });
        const b = await given('b', {}, { labels: { app: 'y' } });
        const labelled = (object: ConfigMap, app: string) =>
          patch<ConfigMap>(api, ref(object.metadata.name!), { metadata: { labels: { app } } });
        const work = async () => {
          await labelled(b, 'x');
          await labelled(a, 'y');
          await labelled(a, 'z');
          await labelled(b, 'x');
          await deleted('a');
          await deleted('b');
        };
        const events = await seen({ labelSelector: 'app=x' }, { count: 5, work });
        expect(told(events)).toEqual(['added a', 'bookmark', 'added b', 'deleted a', 'deleted b']);
      });

      it('keeps to its namespace', async () => {
        const work = async () => {
          await create(api, namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: `${ns}-other` } });
          await create(api, configMaps, configMap(`${ns}-other`, 'x'));
          await given('a');
        };
        expect(told(await seen({}, { count: 2, work }))).toEqual(['bookmark', 'added a']);
      });

      it('shows a last state with the revision of its end', async () => {
        const made = await given('a', { k: 'v' });
        const events = await seen({}, { count: 3, work: () => deleted('a') });
        const last = events[2] as Extract<WatchEvent, { object: KubeObject }>;
        expect(last.object).toMatchObject({ data: { k: 'v' }, metadata: { uid: made.metadata.uid } });
        expect(Number(last.object.metadata.resourceVersion)).toBeGreaterThan(Number(made.metadata.resourceVersion));
      });

      it('from before what the log reaches back to is 410, and from nowhere 400', async () => {
        await given('a');
        const resourceVersion = on.tooOld();
        expect(await codeOf(seen({ resourceVersion }, { count: 9 }))).toBe(410);
        expect(await codeOf(seen({ resourceVersion: 'x' }, { count: 9 }))).toBe(400);
      });

      it('ends without an error when it is no longer wanted', async () => {
        const stop = new AbortController();
        stop.abort();
        for await (const _batch of api.watch({ resource: configMaps, namespace: ns }, stop.signal)) continue;
      });
    });
  });
}
