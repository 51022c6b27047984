import type { PersistentVolumeClaim } from '#api/types';
import { lookUp, type Clock } from '#base';
import type { Api, WriteItem } from '#client/contract';
import { isKeptFor, reachesNode, resources, storageNames } from '#objects';
import type { StorageCache } from '../cache/storage-cache.ts';
import type { NodeInfo, PodInfo, VolumePlan } from '../contract.ts';
import { claimNameOf, isBound } from './pod-claims.ts';

/** Upstream's `bindTimeoutSeconds`. */
const longestWaitMs = 600_000;
const { boundByController, selectedNode } = storageNames;

/** A pod that has a node and waits there for its volumes. `P` is what the scheduler knows of it besides. */
export interface Placed {
  info: PodInfo;
  node: string;
}

interface Waiting<P> {
  placed: P;
  volumes: readonly string[];
  cancel: () => void;
}

export interface VolumeWaitsParts<P> {
  api: Api;
  clock: Clock;
  storage: StorageCache;
  node(name: string): NodeInfo | undefined;
  /** All its volumes are there: the pod can be bound. */
  ready(placed: P): void;
  /** It can not be here: whatever was kept for it is given back. */
  failed(placed: P, why: string): void;
}

/**
 * Between the decision and the binding of a pod ("PreBind" of upstream's VolumeBinding): says which volumes its claims get and where others
 * are to be made, and waits until each claim is bound. The pod counts on its node meanwhile. A scheduler that is killed here leaves what it
 * has written; the next one decides by it.
 */
export class VolumeWaits<P extends Placed> {
  private readonly waiting = new Map<string, Waiting<P>>();

  constructor(private readonly parts: VolumeWaitsParts<P>) {}

  /** Throws nothing: a write that is refused fails the pod. */
  async begin(placed: P, plan: VolumePlan): Promise<void> {
    const { clock, storage, api } = this.parts;
    const { uid } = placed.info;
    const volumes = plan.bind.map(({ volume }) => volume.metadata.name ?? '');
    for (const { volume, claim } of plan.bind)
      storage.keep(volume.metadata.name ?? '', `${claim.metadata.namespace}/${claim.metadata.name}`);
    const cancel = clock.after(longestWaitMs, () => this.fail(uid, 'binding volumes: context deadline exceeded'));
    this.waiting.set(uid, { placed, volumes, cancel });
    const items = writesOf(plan, placed.node);
    try {
      const results = items.length > 0 ? await api.writeMany(items) : [];
      const refused = results.find((result) => !result.ok);
      if (refused && !refused.ok) return this.fail(uid, refused.status.message ?? 'a volume could not be kept');
    } catch (err) {
      return this.fail(uid, String(err));
    }
    this.check(uid);
  }

  /** The pod is gone, or needs no volumes any more. */
  drop(uid: string): void {
    this.take(uid);
  }

  /** Something about claims or volumes has changed. */
  checkAll(): void {
    for (const uid of this.waiting.keys()) this.check(uid);
  }

  private check(uid: string): void {
    const entry = this.waiting.get(uid);
    if (!entry) return;
    const verdict = this.verdict(entry.placed);
    if (verdict === 'wait') return;
    if (verdict !== 'ready') return this.fail(uid, verdict);
    this.take(uid);
    this.parts.ready(entry.placed);
  }

  private verdict({ info, node }: P): string {
    for (const volume of info.pod.spec.volumes ?? []) {
      const name = claimNameOf(info.pod, volume);
      if (name === undefined) continue;
      const claim = this.parts.storage.claim(info.namespace, name);
      const why = claim ? this.ofClaim(claim, node) : `persistentvolumeclaim "${name}" not found`;
      if (why !== 'ready') return why;
    }
    return 'ready';
  }

  private ofClaim(claim: PersistentVolumeClaim, node: string): string {
    const { metadata, spec, status } = claim;
    if (metadata.deletionTimestamp) return `persistentvolumeclaim "${metadata.name}" is being deleted`;
    if (isBound(claim)) {
      const volume = this.parts.storage.volume(spec.volumeName ?? '');
      const where = this.parts.node(node);
      // A node mounts only what says so in its status, which is written last.
      if (!volume || status?.phase !== 'Bound') return 'wait';
      return where && reachesNode(volume, where) ? 'ready' : `pv "${spec.volumeName}" node affinity doesn't match node "${node}"`;
    }
    const chosen = lookUp(metadata.annotations ?? {}, selectedNode);
    // Taken away by the provisioner, which could make nothing there; one that is not there yet is on its way.
    return chosen === undefined || chosen === node ? 'wait' : 'selectedNode annotation reset for PVC';
  }

  private fail(uid: string, why: string): void {
    const entry = this.take(uid);
    if (!entry) return;
    for (const volume of entry.volumes) this.parts.storage.giveBack(volume);
    this.parts.failed(entry.placed, why);
  }

  private take(uid: string): Waiting<P> | undefined {
    const entry = this.waiting.get(uid);
    this.waiting.delete(uid);
    entry?.cancel();
    return entry;
  }
}

/** Bound to what was read: a volume that somebody else has taken meanwhile is refused. */
function writesOf({ bind, provision }: VolumePlan, node: string): WriteItem[] {
  const kept = bind
    .filter(({ volume, claim }) => !isKeptFor(volume, claim) || !volume.spec.claimRef?.uid)
    .map(({ volume, claim: { metadata } }): WriteItem => {
      const { name, namespace, uid, resourceVersion } = metadata;
      const annotations = volume.spec.claimRef
        ? volume.metadata.annotations
        : { ...volume.metadata.annotations, [boundByController]: 'yes' };
      const claimRef = { kind: 'PersistentVolumeClaim', apiVersion: 'v1', namespace, name, uid, resourceVersion };
      const object = { ...volume, metadata: { ...volume.metadata, annotations }, spec: { ...volume.spec, claimRef } };
      return { verb: 'update', resource: resources.persistentVolumes, name: volume.metadata.name ?? '', object };
    });
  const made = provision
    .filter(({ metadata }) => lookUp(metadata.annotations ?? {}, selectedNode) !== node)
    .map(({ metadata: { namespace, name = '', uid, resourceVersion } }): WriteItem => {
      const patch = { metadata: { uid, resourceVersion, annotations: { [selectedNode]: node } } };
      const patchType = 'application/merge-patch+json';
      return { verb: 'patch', resource: resources.persistentVolumeClaims, namespace, name, patchType, patch };
    });
  return [...kept, ...made];
}
