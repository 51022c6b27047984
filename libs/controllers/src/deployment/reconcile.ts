import { labelMatcher } from '#api';
import type { Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet } from '#api/types';
import { claim, controllerReference } from '#controller-runtime';
import type { Plan } from '#controller-runtime/contract';
import { gvks } from '#objects';
import { newSetAnnotations, revisionAnnotation, revisionOf } from './annotations.ts';
import { conditionOf, countedStatus, isComplete, rolloutStatus, sameStatus, untilDeadlineMs, withProgressing } from './conditions.ts';
import { historyLimit, isRollingUpdate, progressDeadline, replicasOf } from './limits.ts';
import { newSetSize, rollingUpdate } from './rolling-update.ts';
import { Rollout, sumOf } from './rollout.ts';
import { isScalingEvent, scale } from './scaling.ts';
import { setOfTemplate, templateHash, templateHashLabel } from './template.ts';

/** One Deployment and the sets that may be its own, out of the cache. */
export interface Seen {
  deployment: Deployment;
  /** Its own, and those of the namespace that are nobody's. */
  sets: readonly ReplicaSet[];
  /** Pods of a set that have not come to an end, going ones included. Only asked when pods must not overlap (Recreate). */
  runningPods(set: ReplicaSet): number;
}

/**
 * In the order in which a plan lists them. Each one is safe to repeat: whoever takes over after a crash sees what is done and plans the
 * rest.
 */
export type Action =
  | { do: 'adoptSet'; deployment: Deployment; set: ReplicaSet }
  | { do: 'releaseSet'; deployment: Deployment; set: ReplicaSet }
  | { do: 'createSet'; deployment: Deployment; set: ReplicaSet }
  | { do: 'updateSets'; deployment: Deployment; updates: ReturnType<Rollout['updates']> }
  | { do: 'setRevision'; deployment: Deployment; revision: string }
  | { do: 'updateStatus'; deployment: Deployment; status: DeploymentStatus }
  | { do: 'deleteSets'; deployment: Deployment; sets: readonly ReplicaSet[] };

/** `pkg/controller/deployment/deployment_controller.go`, syncDeployment, as one plan instead of a row of writes. */
export function reconcile(seen: Seen, now: Date): Plan<Action> {
  const { deployment } = seen;
  const { owned, adopt, release } = claim(deployment, labelMatcher(deployment.spec.selector), seen.sets);
  const sets = [...owned, ...adopt];
  const newSet = setOfTemplate(deployment.spec.template, sets);
  const rollout = new Rollout(
    deployment,
    newSet,
    sets.filter((set) => set !== newSet),
  );
  const plan = new DeploymentPlan(seen, rollout, now);
  plan.decide();
  const references: Action[] = [
    ...adopt.map((set): Action => ({ do: 'adoptSet', deployment, set })),
    ...release.map((set): Action => ({ do: 'releaseSet', deployment, set })),
  ];
  return plan.finish(references);
}

/**
 * Gathers one round's decisions. Upstream writes in between and reads its own writes; here nothing is written before all is decided, so
 * one set gets one write.
 */
class DeploymentPlan {
  private readonly deployment: Deployment;
  private conditions: DeploymentCondition[];
  private status: DeploymentStatus = {};
  private created: ReplicaSet | undefined;
  private surplusHistory: readonly ReplicaSet[] = [];

  constructor(
    private readonly seen: Seen,
    private readonly rollout: Rollout,
    private readonly now: Date,
  ) {
    this.deployment = seen.deployment;
    this.conditions = seen.deployment.status?.conditions ?? [];
  }

  /** Called once, before `finish`. Scaling goes before rolling: a round that does the one leaves the other to the next. */
  decide(): void {
    const { deployment, rollout, now } = this;
    if (deployment.metadata.deletionTimestamp) {
      this.status = countedStatus(rollout, this.conditions, now);
      return;
    }
    this.notePause();
    if (deployment.spec.paused || isScalingEvent(rollout)) {
      this.syncNewSet();
      scale(rollout);
      if (deployment.spec.paused) this.cleanUp();
      this.status = countedStatus(rollout, this.conditions, now);
      return;
    }
    if (isRollingUpdate(deployment)) {
      this.syncNewSet({ create: true });
      rollingUpdate(rollout);
      this.cleanUpWhenComplete();
    } else {
      this.recreate();
    }
    this.status = rolloutStatus(rollout, this.conditions, now);
  }

  finish(references: readonly Action[]): Plan<Action> {
    const { deployment, rollout, status } = this;
    const actions = [...references];
    if (this.created) actions.push({ do: 'createSet', deployment, set: this.created });
    const updates = rollout.updates();
    if (updates.length > 0) actions.push({ do: 'updateSets', deployment, updates });
    const revision = this.revision();
    if (revision && deployment.metadata.annotations?.[revisionAnnotation] !== revision) {
      actions.push({ do: 'setRevision', deployment, revision });
    }
    if (!sameStatus(deployment.status, status)) actions.push({ do: 'updateStatus', deployment, status });
    if (this.surplusHistory.length > 0) actions.push({ do: 'deleteSets', deployment, sets: this.surplusHistory });
    const requeueAfterMs = untilDeadlineMs(deployment, status, this.now);
    return { actions, ...(requeueAfterMs !== undefined && { requeueAfterMs }) };
  }

  /** The deadline does not run while a rollout is paused; the condition says since when it is, or no longer is. */
  private notePause(): void {
    const { deployment, now } = this;
    if (progressDeadline(deployment) === undefined) return;
    const reason = conditionOf(this.conditions, 'Progressing')?.reason;
    if (reason === 'ProgressDeadlineExceeded') return;
    if (deployment.spec.paused && reason !== 'DeploymentPaused') {
      this.conditions = withProgressing(this.conditions, 'Unknown', 'DeploymentPaused', { message: 'Deployment is paused', now });
    } else if (!deployment.spec.paused && reason === 'DeploymentPaused') {
      this.conditions = withProgressing(this.conditions, 'Unknown', 'DeploymentResumed', { message: 'Deployment is resumed', now });
    }
  }

  /** Gives the set of the present template its revision, annotations and ready time; makes the set when there is none. */
  private syncNewSet({ create = false } = {}): void {
    const { deployment, rollout, now } = this;
    const newRevision = Math.max(0, ...rollout.oldSets.map(revisionOf)) + 1;
    const { newSet } = rollout;
    if (newSet) {
      rollout.annotate(newSet, newSetAnnotations(deployment, newSet.metadata.annotations ?? {}, newRevision));
      rollout.setMinReadySeconds(newSet, deployment.spec.minReadySeconds ?? 0);
      if (progressDeadline(deployment) === undefined || conditionOf(this.conditions, 'Progressing')) return;
      const message = `Found new replica set "${newSet.metadata.name}"`;
      this.conditions = withProgressing(this.conditions, 'True', 'FoundNewReplicaSet', { message, now });
      return;
    }
    if (!create) return;
    this.created = newReplicaSet(deployment, newRevision, newSetSize(deployment, 0, rollout.total()));
    rollout.newSet = this.created;
    if (progressDeadline(deployment) === undefined) return;
    const message = `Created new replica set "${this.created.metadata.name}"`;
    this.conditions = withProgressing(this.conditions, 'True', 'NewReplicaSetCreated', { message, now });
  }

  /** Old pods are gone, to the last, before the first new one: `pkg/controller/deployment/recreate.go`. */
  private recreate(): void {
    const { deployment, rollout } = this;
    this.syncNewSet();
    const active = rollout.active(rollout.oldSets);
    for (const set of active) rollout.scale(set, 0);
    const old = rollout.oldSets;
    if (active.length > 0 || sumOf(old, 'replicas') > 0 || old.some((set) => this.seen.runningPods(set) > 0)) return;
    if (!rollout.newSet) this.syncNewSet({ create: true });
    if (rollout.newSet && rollout.newSet !== this.created) rollout.scale(rollout.newSet, replicasOf(deployment));
    this.cleanUpWhenComplete();
  }

  private cleanUpWhenComplete(): void {
    if (!this.created && isComplete(this.deployment, this.deployment.status ?? {})) this.cleanUp();
  }

  /** Old sets beyond the history limit go, the oldest revisions first; never one that has, or may yet have, pods. */
  private cleanUp(): void {
    const limit = historyLimit(this.deployment);
    if (limit === undefined) return;
    const old = this.rollout.oldSets.filter((set) => !set.metadata.deletionTimestamp).toSorted((a, b) => revisionOf(a) - revisionOf(b));
    this.surplusHistory = old
      .slice(0, Math.max(0, old.length - limit))
      .filter(
        (set) =>
          !set.status?.replicas &&
          !set.spec.replicas &&
          this.rollout.replicas(set) === 0 &&
          (set.metadata.generation ?? 0) <= (set.status?.observedGeneration ?? 0),
      );
  }

  /** The Deployment shows the revision of its new set, also where this round has just changed it. */
  private revision(): string | undefined {
    const { newSet } = this.rollout;
    if (!newSet || this.deployment.metadata.deletionTimestamp) return undefined;
    const update = this.rollout.updates().find(({ set }) => set === newSet)?.patch as
      | { metadata?: { annotations?: Record<string, string> } }
      | undefined;
    return update?.metadata?.annotations?.[revisionAnnotation] ?? newSet.metadata.annotations?.[revisionAnnotation];
  }
}

function newReplicaSet(deployment: Deployment, revision: number, replicas: number): ReplicaSet {
  const { template, selector, minReadySeconds } = deployment.spec;
  const hash = templateHash(template, deployment.status?.collisionCount);
  const labels = { ...template.metadata?.labels, [templateHashLabel]: hash };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      namespace: deployment.metadata.namespace,
      name: `${deployment.metadata.name}-${hash}`,
      labels,
      annotations: newSetAnnotations(deployment, undefined, revision),
      ownerReferences: [controllerReference(deployment, gvks.Deployment)],
    },
    spec: {
      replicas,
      ...(minReadySeconds && { minReadySeconds }),
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [templateHashLabel]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  };
}
