import type { Pod } from '#api/types';
import { isTerminal } from '#objects';
import { graceSeconds } from './observed.ts';

/**
 * How far the life of a pod on this node is. It only goes on: each stage says what is still there, and so what is left to do. An agent that
 * was started anew finds the stage again from what it sees (`lifeFound`).
 */
export type PodLife =
  /** Sandbox and volumes are to be made. */
  | { stage: 'preparing' }
  /** They stand; containers come and go. */
  | { stage: 'running' }
  /** No container is started any more, and those that run are ended. `unrouted`: nothing sends to it any more, or it was waited for long enough. */
  | { stage: 'terminating'; graceMs: number; hasSandbox: boolean; unrouted: boolean }
  /** Every container has ended. Address, cgroup and writable layers are still taken. */
  | { stage: 'stopped' }
  /** Its logs and other files are left, until it is deleted. */
  | { stage: 'released' }
  /** It is deleted, and the API has its final status. */
  | { stage: 'reported' }
  /** Nothing is left on disk. */
  | { stage: 'cleared' }
  /** Nothing is left in the API. */
  | { stage: 'removed' }
  /** Nothing is left in this agent. */
  | { stage: 'gone' };

/** Why a node gave a pod up: deadline, eviction, or admission. */
export interface PodFailure {
  reason: string;
  message: string;
  /** Nothing of it ever was here. */
  rejected?: boolean;
  /** It has to go for the node's sake. */
  disrupted?: boolean;
  /** What its containers get to end; the pod's own grace period unless told otherwise. */
  graceMs?: number;
}

/** What the plan can ask for. Steps of a container are of no consequence for the life of its pod; of the others at most one is under way. */
export type PodStep =
  | { do: 'start'; container: string }
  | { do: 'kill'; container: string; why: string }
  /** Everything of the pod begins anew in its sandbox, with its volumes as they are. */
  | { do: 'restartAll'; why: string }
  | { do: 'prepare' }
  | { do: 'refreshVolumes' }
  /** The node gives the pod up. */
  | { do: 'fail'; failure: PodFailure }
  | { do: 'terminate'; graceMs: number }
  | { do: 'unroute'; withinMs: number }
  | { do: 'stopContainers'; graceMs: number }
  | { do: 'removeSandbox' }
  | { do: 'reportFinalStatus' }
  | { do: 'tearDownVolumes' }
  | { do: 'removeFromApi' }
  | { do: 'forget' };

/** One entry for every step: one that is forgotten does not compile. */
export type StepTable<Subject, Result> = {
  readonly [D in PodStep['do']]: (subject: Subject, step: Extract<PodStep, { do: D }>) => Result;
};

/** What the table has for this step, called with it. */
export function byStep<Subject, Result>(table: StepTable<Subject, Result>, subject: Subject, step: PodStep): Result {
  const entry = table[step.do] as (subject: Subject, step: PodStep) => Result; // which takes this step: it was found by its name
  return entry(subject, step);
}

const asBefore = (life: PodLife): PodLife => life;

const next = {
  start: asBefore,
  kill: asBefore,
  restartAll: asBefore,
  refreshVolumes: asBefore,
  fail: asBefore,
  prepare: (life) => {
    if (life.stage === 'terminating') return { ...life, hasSandbox: true }; // it was to end while it was being prepared
    return life.stage === 'preparing' ? { stage: 'running' } : life;
  },
  terminate: (life, { graceMs }) => ({ stage: 'terminating', graceMs, hasSandbox: hasSandbox(life), unrouted: false }),
  unroute: (life) => (life.stage === 'terminating' ? { ...life, unrouted: true } : life),
  stopContainers: () => ({ stage: 'stopped' }),
  removeSandbox: () => ({ stage: 'released' }),
  reportFinalStatus: () => ({ stage: 'reported' }),
  tearDownVolumes: () => ({ stage: 'cleared' }),
  removeFromApi: () => ({ stage: 'removed' }),
  forget: () => ({ stage: 'gone' }),
} satisfies StepTable<PodLife, PodLife>;

/** The life of a pod for which a step has been done. */
export const lifeAfter = (life: PodLife, step: PodStep): PodLife => byStep<PodLife, PodLife>(next, life, step);

/** What an agent that was started anew finds of a pod. */
export interface FoundPod {
  sandbox: boolean;
  /** The sandbox has its addresses: they are given after it was made, and taken back before it goes. */
  addresses: boolean;
  containers: number;
  running: number;
}

/** Where in its life a pod is that an agent finds when it begins: told from the API's object and from what is left on the node. */
export function lifeFound(pod: Pod, found: FoundPod): PodLife {
  if (isTerminal(pod)) {
    // The API may have given it up while this node was away.
    if (found.running > 0) return { stage: 'terminating', graceMs: graceSeconds(pod) * 1000, hasSandbox: found.addresses, unrouted: true };
    return { stage: found.sandbox || found.containers > 0 ? 'stopped' : 'released' };
  }
  // With a sandbox alone the former agent may have ended in the middle of preparing it, or its volumes.
  return { stage: found.sandbox && found.addresses && found.containers > 0 ? 'running' : 'preparing' };
}

/** Whether it has a sandbox to run in, as the condition PodReadyToStartContainers says. */
export const hasSandbox = (life: PodLife): boolean => life.stage === 'running' || (life.stage === 'terminating' && life.hasSandbox);

/** Every container has ended and will not be started again. */
export const hasStopped = ({ stage }: PodLife): boolean => stage !== 'preparing' && stage !== 'running' && stage !== 'terminating';

/** The API has heard the last of it. */
export const hasSaidAll = ({ stage }: PodLife): boolean => ['reported', 'cleared', 'removed', 'gone'].includes(stage);
