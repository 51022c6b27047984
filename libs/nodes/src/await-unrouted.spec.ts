import { describe, expect, it } from '@jest/globals';
import type { KubeObject } from '#api';
import { ManualClock } from '#base/testing';
import { FakeView } from '#api-server/testing';
import { awaitUnrouted, isUnrouted, type UnroutedSources } from './await-unrouted.ts';
import { EndpointRoutes } from './endpoint-routes.ts';

const endpoint = (uid: string, ready?: boolean): object => ({ conditions: { ready }, targetRef: { kind: 'Pod', uid } });
const slice = (name: string, resourceVersion: number, ...endpoints: object[]): KubeObject =>
  ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { namespace: 'dev', name, resourceVersion: String(resourceVersion) },
    endpoints,
  }) as KubeObject;
const node = (name: string, ready: 'True' | 'False' = 'True'): KubeObject =>
  ({ apiVersion: 'v1', kind: 'Node', metadata: { name }, status: { conditions: [{ type: 'Ready', status: ready }] } }) as KubeObject;

class FakeSessions {
  readonly nodes = new Map<string, { appliedRevision: number }>();
  private readonly listeners = new Set<() => void>();

  constructor(applied: Record<string, number>) {
    for (const [name, appliedRevision] of Object.entries(applied)) this.nodes.set(name, { appliedRevision });
  }
  applied(): ReadonlyMap<string, { appliedRevision: number }> {
    return this.nodes;
  }
  onProgress(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
  report(name: string, appliedRevision: number): void {
    this.nodes.set(name, { appliedRevision });
    for (const listener of this.listeners) listener();
  }
}

const sourcesOf = (view: FakeView, applied: Record<string, number>): UnroutedSources & { sessions: FakeSessions; clock: ManualClock } => ({
  view,
  sessions: new FakeSessions(applied),
  routes: new EndpointRoutes(view),
  clock: new ManualClock(),
});

describe('which pods services send traffic to', () => {
  it.each<[string, KubeObject[], number | undefined]>([
    ['no slice ever had it', [], 0],
    ['a slice has it', [slice('a', 1, endpoint('p', true))], undefined],
    ['a slice has it and says nothing of readiness', [slice('a', 1, endpoint('p'))], undefined],
    ['it is not ready', [slice('a', 1, endpoint('p', false))], 0],
    ['it was dropped', [slice('a', 1, endpoint('p', true)), slice('a', 5)], 5],
    ['it stopped being ready', [slice('a', 1, endpoint('p', true)), slice('a', 5, endpoint('p', false))], 5],
    ['one of two slices dropped it', [slice('a', 1, endpoint('p', true)), slice('b', 2, endpoint('p', true)), slice('a', 5)], undefined],
    ['both dropped it', [slice('a', 1, endpoint('p', true)), slice('b', 2, endpoint('p', true)), slice('a', 5), slice('b', 7)], 7],
  ])('%s', (_what, slices, since) => {
    const view = new FakeView();
    const routes = new EndpointRoutes(view);
    view.put(...slices);
    expect(routes.unroutedSince('p')).toBe(since);
  });

  it('a slice that was deleted routes nowhere', () => {
    const view = new FakeView(slice('a', 1, endpoint('p', true)));
    const routes = new EndpointRoutes(view);
    view.remove(slice('a', 9, endpoint('p', true)));
    expect(routes.unroutedSince('p')).toBe(9);
  });
});

describe('a pod is unrouted', () => {
  const dropped = (): FakeView => {
    const view = new FakeView(node('n1'), node('n2'), node('down', 'False'), slice('a', 1, endpoint('p', true)));
    return view;
  };
  it.each<[string, Record<string, number>, boolean]>([
    ['when all nodes have applied it', { n1: 5, n2: 6 }, true],
    ['not while one has not', { n1: 5, n2: 4 }, false],
    ['whatever a node that is not ready has applied', { n1: 5, n2: 5, down: 0 }, true],
    ['whatever a node without a session has', { n1: 5 }, true],
  ])('%s', (_when, applied, want) => {
    const view = dropped();
    const sources = sourcesOf(view, applied);
    view.put(slice('a', 5));
    expect(isUnrouted(sources, 'p')).toBe(want);
  });
});

describe('waiting for it', () => {
  const never = new AbortController().signal;
  const soon = (clock: ManualClock): number => clock.now().getTime() + 2000;

  it('ends when the last node reports', async () => {
    const view = new FakeView(node('n1'), node('n2'), slice('a', 1, endpoint('p', true)));
    const sources = sourcesOf(view, { n1: 1, n2: 1 });
    const answer = awaitUnrouted(sources, 'p', soon(sources.clock), never);
    view.put(slice('a', 5));
    sources.sessions.report('n1', 5);
    sources.sessions.report('n2', 5);
    expect(await answer).toBe(true);
  });

  it('ends before the caller gives up', async () => {
    const view = new FakeView(node('n1'), slice('a', 1, endpoint('p', true)));
    const sources = sourcesOf(view, { n1: 1 });
    const answer = awaitUnrouted(sources, 'p', soon(sources.clock), never);
    await sources.clock.advance(1950);
    expect(await answer).toBe(false);
  });

  it('does not begin for a pod that nobody routes to', async () => {
    const sources = sourcesOf(new FakeView(), {});
    expect(await awaitUnrouted(sources, 'p', soon(sources.clock), never)).toBe(true);
  });
});
