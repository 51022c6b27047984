import type {
  CSIDriver,
  CSINode,
  CSIStorageCapacity,
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  StorageClass,
  VolumeAttachment,
} from '#api/types';

/*
 * The scheduling framework: extension points as in KEP-624. A plugin is one file in `plugins/` and one line in `plugins/index.ts`; it
 * implements one or several of them. Everything here is pure: a plugin sees the pod, the cluster and nothing else.
 *
 * A cycle for one pod: every `preFilter` (once) → every `filter` (once per node, stopping at the first refusal of a node) → when nodes
 * are left, every `preScore` (once), every `score` (once per node left) → `normalize` → the weighted sum decides. When none is left,
 * the refusals are told to the user and `postFilter` (preemption) may make room.
 */

/**
 * What all plugins have. They hold no state of their own: one object serves every pod, so what is kept for a cycle lies in `CycleState`.
 */
export interface Plugin {
  /** Upstream's name, e.g. `NodeResourcesFit`. */
  readonly name: string;
  /** What could make a pod that this plugin refused fit after all. */
  readonly requeueOn?: readonly ClusterEvent[];
}

/** A change in the cluster that may free a waiting pod: KEP-4247, without its per-object hints. */
export interface ClusterEvent {
  resource: 'Node' | 'Pod' | 'Namespace' | StorageKind;
  events: readonly ('add' | 'update' | 'delete')[];
}

/** Kinds that plugins of volumes depend on. */
export type StorageKind =
  | 'PersistentVolumeClaim'
  | 'PersistentVolume'
  | 'StorageClass'
  | 'CSINode'
  | 'CSIDriver'
  | 'CSIStorageCapacity'
  | 'VolumeAttachment';

/** Work that is the same for every node, done once: without it an affinity term would walk all pods of the cluster for each node. */
export interface PreFilterPlugin extends Plugin {
  /**
   * Looks at the whole cluster once and keeps what `filter` needs in `state`. 'skip': this pod needs no `filter` of this plugin. A verdict
   * that refuses is about the pod, whatever the node: no filter is asked any more.
   */
  preFilter(state: CycleState, pod: PodInfo, cluster: Cluster): 'skip' | Verdict | undefined;
}

/** Says whether a pod can run on a node at all. Filters only refuse; which of the rest is best is for the scores. */
export interface FilterPlugin extends Plugin {
  /** Empty where nothing that the scheduler sees can help; one that forgot it would leave its pods waiting. */
  readonly requeueOn: readonly ClusterEvent[];
  /** Once per candidate node. `unresolvable` additionally tells preemption that evicting pods there cannot help. */
  filter(state: CycleState, pod: PodInfo, node: NodeInfo): Verdict;
}

/** Says how good a node is for a pod. Only nodes that every filter let through are scored. */
export interface ScorePlugin extends Plugin {
  /** Multiplies the normalized score in the sum; the default profile has upstream's weights. */
  readonly weight: number;
  /** Once per pod, over the nodes that are left. 'skip': this plugin has no opinion on this pod. */
  preScore?(state: CycleState, pod: PodInfo, nodes: readonly NodeInfo[], cluster: Cluster): 'skip' | undefined;
  /** Higher is better; 0 to 100 unless `normalize` makes it so. */
  score(state: CycleState, pod: PodInfo, node: NodeInfo): number;
  /** Scales the raw scores of all nodes to 0 … 100, in place. */
  normalize?(scores: number[]): void;
}

/** What is to be written for a pod before it may be bound to the node that was chosen. */
export interface ReservePlugin extends Plugin {
  /** undefined: nothing. After `filter` has let this node through in the same cycle, or was skipped. */
  reserve(state: CycleState, node: string): VolumePlan | undefined;
}

/** Volumes that are there and become a claim's, and claims for which one is made on the node. */
export interface VolumePlan {
  bind: readonly { claim: PersistentVolumeClaim; volume: PersistentVolume }[];
  provision: readonly PersistentVolumeClaim[];
}

/** What plugins keep for one pod during one cycle. */
export type CycleState = Map<string, unknown>;

/** A filter's answer. `reasons` are upstream's words and reach the user in the pod's `PodScheduled` condition, counted over nodes. */
export type Verdict = { fits: true } | { fits: false; unresolvable: boolean; reasons: readonly string[] };

export const success: Verdict = { fits: true };
/** Refuses a node for now: evicting pods from it may help, so preemption tries it. */
export const unschedulable = (...reasons: string[]): Verdict => ({ fits: false, unresolvable: false, reasons });
/** Refuses a node whatever pods run there (`UnschedulableAndUnresolvable` upstream): preemption leaves it alone. */
export const unresolvable = (...reasons: string[]): Verdict => ({ fits: false, unresolvable: true, reasons });

/** Amounts of one pod or node. CPU in thousandths, memory and ephemeral storage in bytes. */
export interface Amounts {
  cpuMillis: number;
  memoryBytes: number;
  ephemeralBytes: number;
  /** Extended resources and huge pages by name. */
  others: ReadonlyMap<string, number>;
}

/** A pod with everything that plugins ask of it, computed once for each version of the pod and not in every cycle. */
export interface PodInfo {
  readonly pod: Pod;
  /** `namespace/name`. */
  readonly key: string;
  readonly uid: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly priority: number;
  /** The larger of the sum over containers (and sidecars) and the largest init container, plus overhead: pod resource documentation. */
  readonly requests: Amounts;
  /** As `requests`, with upstream's defaults of 100m and 200Mi for containers that request nothing: for scoring only. */
  readonly scoringRequests: Amounts;
  readonly hostPorts: readonly { ip: string; protocol: string; port: number }[];
  /** uid of the controlling owner. */
  readonly controllerUid: string | undefined;
}

/** A node with the pods on it, those included that this scheduler has placed and the API has not confirmed yet. */
export interface NodeInfo {
  readonly node: Node;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly allocatable: Amounts & { pods: number };
  /** Sums over `pods`. */
  readonly requested: Amounts;
  readonly scoringRequested: Amounts;
  readonly pods: ReadonlyMap<string, PodInfo>;
  /** Images on the node by name, bytes. */
  readonly images: ReadonlyMap<string, number>;
}

/** What a cycle sees of the cluster; it does not change while a cycle runs. */
export interface Cluster {
  /** In order of their names. */
  readonly nodes: readonly NodeInfo[];
  namespaceLabels(namespace: string): Readonly<Record<string, string>> | undefined;
  readonly storage: Storage;
}

/** Claims, volumes and what they depend on. */
export interface Storage {
  claim(namespace: string, name: string): PersistentVolumeClaim | undefined;
  volume(name: string): PersistentVolume | undefined;
  /** Those of a class that the claim may get, as far as nobody has them. */
  volumesFor(claim: PersistentVolumeClaim, className: string): readonly PersistentVolume[];
  storageClass(name: string): StorageClass | undefined;
  csiNode(name: string): CSINode | undefined;
  csiDriver(name: string): CSIDriver | undefined;
  /** Volumes that are at a node, or on their way there or from there. */
  attachments(nodeName: string): readonly VolumeAttachment[];
  /** How much there is left for volumes of a class, by part of the cluster. */
  capacities(className: string): readonly CSIStorageCapacity[];
}

/** Why a pod was placed, or was not. */
export type Decision =
  | { placed: true; node: string; feasible: number; scores: ReadonlyMap<string, ReadonlyMap<string, number>>; volumes?: VolumePlan }
  | { placed: false; refusals: ReadonlyMap<string, Refusal>; nodes: number };

/** Why one node was refused: the first filter that did so, since those after it were not asked. */
export interface Refusal {
  plugin: string;
  reasons: readonly string[];
  unresolvable: boolean;
  /** Said of the pod, whatever the node. */
  ofPod?: true;
}
