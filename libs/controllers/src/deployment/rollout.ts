import { lookUp } from '#base';
import type { Deployment, ReplicaSet } from '#api/types';
import { oldestFirst } from './template.ts';
import { sizeAnnotations } from './annotations.ts';

/** What is to become of one set. Its object is the one in the cache; sizes and annotations are those it will have. */
interface Change {
  replicas?: number;
  annotations?: Readonly<Record<string, string>>;
  minReadySeconds?: number;
}

/**
 * The ReplicaSets of a Deployment while a plan is made: what is decided shows at once in `replicas`, the objects of the cache stay as
 * they are. One write per set comes out at the end, however many decisions touched it.
 */
export class Rollout {
  private readonly changes = new Map<ReplicaSet, Change>();

  constructor(
    readonly deployment: Deployment,
    /** The set of the present template. */
    public newSet: ReplicaSet | undefined,
    readonly oldSets: readonly ReplicaSet[],
  ) {}

  /** Old sets first. A set that this plan creates is among them from then on. */
  get all(): ReplicaSet[] {
    return this.newSet ? [...this.oldSets, this.newSet] : [...this.oldSets];
  }

  /** The size that the set is going to have: decisions of this plan are seen, its status is not. */
  replicas(set: ReplicaSet): number {
    return this.changes.get(set)?.replicas ?? set.spec.replicas ?? 0;
  }

  total(sets: readonly ReplicaSet[] = this.all): number {
    return sets.reduce((sum, set) => sum + this.replicas(set), 0);
  }

  /** Those that are to have pods, not those that still have some. */
  active(sets: readonly ReplicaSet[] = this.all): ReplicaSet[] {
    return sets.filter((set) => this.replicas(set) > 0);
  }

  activeOldestFirst(sets: readonly ReplicaSet[] = this.oldSets): ReplicaSet[] {
    return oldestFirst(this.active(sets));
  }

  /** Resizes, and notes the Deployment's size in the annotations. True when the size changes. */
  scale(set: ReplicaSet, replicas: number): boolean {
    const before = this.replicas(set);
    this.change(set, { replicas });
    this.annotate(set, sizeAnnotations(this.deployment));
    return before !== replicas;
  }

  /** Adds to the annotations; earlier calls of this plan stay, the same names give way. */
  annotate(set: ReplicaSet, annotations: Readonly<Record<string, string>>): void {
    this.change(set, { annotations: { ...set.metadata.annotations, ...this.changes.get(set)?.annotations, ...annotations } });
  }

  setMinReadySeconds(set: ReplicaSet, minReadySeconds: number): void {
    this.change(set, { minReadySeconds });
  }

  /** What really differs from the cached objects. */
  updates(): { set: ReplicaSet; patch: object; from: number; to: number }[] {
    return [...this.changes].flatMap(([set, change]) => {
      const from = set.spec.replicas ?? 0;
      const to = change.replicas ?? from;
      const annotations = Object.entries(change.annotations ?? {}).filter(
        ([name, text]) => lookUp(set.metadata.annotations, name) !== text,
      );
      const spec = {
        ...(to !== from && { replicas: to }),
        ...(change.minReadySeconds !== undefined &&
          change.minReadySeconds !== (set.spec.minReadySeconds ?? 0) && { minReadySeconds: change.minReadySeconds }),
      };
      if (annotations.length === 0 && Object.keys(spec).length === 0) return [];
      const patch = {
        metadata: { ...(annotations.length > 0 && { annotations: Object.fromEntries(annotations) }) },
        ...(Object.keys(spec).length > 0 && { spec }),
      };
      return [{ set, patch, from, to }];
    });
  }

  private change(set: ReplicaSet, change: Change): void {
    this.changes.set(set, { ...this.changes.get(set), ...change });
  }
}

/** Sums what the sets' own status says, which lags behind what they are asked for. Absent is 0. */
export function sumOf(
  sets: readonly ReplicaSet[],
  field: 'replicas' | 'readyReplicas' | 'availableReplicas' | 'terminatingReplicas',
): number {
  return sets.reduce((sum, set) => sum + (set.status?.[field] ?? 0), 0);
}
