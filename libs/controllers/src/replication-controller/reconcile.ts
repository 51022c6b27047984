import type { Pod, ReplicaSet, ReplicaSetStatus, ReplicationController } from '#api/types';
import type { Plan } from '#controller-runtime/contract';
import { isActive } from '#objects';
import { type Action, reconcile as reconcileSet, sameStatus } from '../replicaset/reconcile.ts';

/** One ReplicationController and what may be its own. */
export interface Seen {
  controller: ReplicationController;
  /** Its own, and those of the namespace that are nobody's. */
  pods: readonly Pod[];
}

/** `pkg/controller/replication`: a ReplicationController is a ReplicaSet whose selector is a map, and whose status does not tell what is going. */
export function reconcile({ controller, pods }: Seen, now: Date): Plan<Action> {
  const { actions, ...plan } = reconcileSet({ set: asSet(controller), pods, related: pods.filter(isActive) }, now);
  const told = actions.map((action): Action => ('status' in action ? { ...action, status: withoutGoing(action.status) } : action));
  return { ...plan, actions: told.filter((action) => action.do !== 'updateStatus' || !sameStatus(controller.status, action.status)) };
}

/** The one difference in form: an equality map where a ReplicaSet has a label selector. */
function asSet(controller: ReplicationController): ReplicaSet {
  const { selector, ...spec } = controller.spec ?? {};
  return { ...controller, spec: { ...spec, selector: { matchLabels: selector ?? {} } } };
}

function withoutGoing({ terminatingReplicas: _going, ...status }: ReplicaSetStatus): ReplicaSetStatus {
  return status;
}
