import type { Pod } from '#api/types';
import type { ContainerEntry } from './observed.ts';
import type { PodFailure, PodLife, PodStep } from './pod-life.ts';

/** What a pod's worker knows; the plan and the status are functions of it. */
export interface PodView {
  pod: Pod;
  /** False when the API has it no longer. */
  inApi: boolean;
  /** It is the node's own, not the API's, which shows it by its mirror, if it does. */
  static?: { mirror: Pod | undefined };
  life: PodLife;
  entries: readonly ContainerEntry[];
  podIps?: readonly string[];
  /** Steps that are under way. */
  atWork: ReadonlySet<PodStep['do']>;
  /** A step failed: its stage is gone on with then. */
  retryAtMs?: number;
  /** When what the volumes are made from is to be looked at again; 0: it has changed. */
  refreshAtMs?: number;
  failure?: PodFailure;
  /** A change of its resources that is not carried out: why it has to wait, or that it is at work. */
  resize?: { reason: 'Deferred' | 'Infeasible'; message: string } | 'in-progress';
}

/** What the API has of it. */
export const apiPodOf = ({ pod, static: own }: PodView): Pod | undefined => (own ? own.mirror : pod);
