import type { KubeObject } from '#api';
import { gvks } from '#objects';
import type { ClusterView } from '#api-server/contract';

interface SliceShape extends KubeObject {
  endpoints?: { conditions?: { ready?: boolean | null }; targetRef?: { kind?: string; uid?: string } }[];
}

const maxRemembered = 20_000;

/** Which pods services send traffic to, and since which revision a pod is no longer among them. By the pod's uid. */
export class EndpointRoutes {
  private readonly bySlice = new Map<string, ReadonlySet<string>>();
  private readonly count = new Map<string, number>();
  private readonly since = new Map<string, number>();
  private readonly listeners = new Set<() => void>();

  constructor(view: ClusterView) {
    view.onChange(gvks.EndpointSlice, (slice, deleted) => this.observe(slice as SliceShape, deleted));
  }

  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** The revision at which the last slice dropped the pod (0: none ever had it); undefined while some slice routes to it. */
  unroutedSince(podUid: string): number | undefined {
    return this.count.has(podUid) ? undefined : (this.since.get(podUid) ?? 0);
  }

  private observe(slice: SliceShape, deleted: boolean): void {
    const key = `${slice.metadata.namespace}/${slice.metadata.name}`;
    const before = this.bySlice.get(key) ?? new Set<string>();
    const now = deleted ? new Set<string>() : routedPods(slice);
    if (now.size) this.bySlice.set(key, now);
    else this.bySlice.delete(key);
    for (const uid of now) if (!before.has(uid)) this.count.set(uid, (this.count.get(uid) ?? 0) + 1);
    for (const uid of before) if (!now.has(uid)) this.dropped(uid, Number(slice.metadata.resourceVersion ?? 0));
    for (const listener of this.listeners) listener();
  }

  private dropped(uid: string, revision: number): void {
    const left = (this.count.get(uid) ?? 1) - 1;
    if (left > 0) this.count.set(uid, left);
    else this.count.delete(uid);
    if (this.since.size >= maxRemembered) {
      const oldest = this.since.keys().next();
      if (!oldest.done) this.since.delete(oldest.value);
    }
    const known = this.since.get(uid) ?? 0;
    this.since.delete(uid); // to the end of the order
    this.since.set(uid, Math.max(known, revision));
  }
}

/** Endpoints that are not ready get no new connections; `ready` unset counts as ready (discovery.k8s.io/v1 EndpointConditions). */
function routedPods(slice: SliceShape): Set<string> {
  const uids = new Set<string>();
  for (const { conditions, targetRef } of slice.endpoints ?? []) {
    if (conditions?.ready !== false && targetRef?.kind === 'Pod' && targetRef.uid) uids.add(targetRef.uid);
  }
  return uids;
}
