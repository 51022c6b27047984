import { deepEqual } from '#api';
import type { ControllerRevision, Pod, StatefulSet } from '#api/types';
import { controllerReference } from '#controller-runtime';
import { gvks } from '#objects';
import { templateHash } from '../deployment/template.ts';
import { byRevision, templatePatch } from '../revisions/revision.ts';

/** On pods, the name of their revision. */
export const revisionLabel = 'controller-revision-hash';
/** On revisions: `history.ControllerRevisionHashLabel`. */
const hashLabel = 'controller.kubernetes.io/hash';

export interface History {
  /** Of the pods that the present update has not reached yet. */
  current: ControllerRevision;
  /** Of the present template. */
  update: ControllerRevision;
  isNew: boolean;
  /** What `update` is numbered as: going back makes an old revision the newest. */
  number: number;
  /** Beyond the limit, and no pod's any more; the oldest first. */
  surplus: readonly ControllerRevision[];
}

/** `pkg/controller/statefulset/stateful_set_control.go`, getStatefulSetRevisions and truncateHistory. */
export function historyOf(set: StatefulSet, revisions: readonly ControllerRevision[], pods: readonly Pod[]): History {
  const all = revisions.toSorted(byRevision);
  const data = templatePatch(set);
  const last = all.at(-1);
  const next = (last?.revision ?? 0) + 1;
  const present = all.findLast((revision) => deepEqual(revision.data, data));
  const update = present ?? newRevision(set, data, next);
  const current = all.find(({ metadata }) => metadata.name === set.status?.currentRevision) ?? update;
  const live = new Set([current.metadata.name, update.metadata.name, ...pods.map(revisionOf)]);
  const historic = all.filter(({ metadata }) => !live.has(metadata.name));
  return {
    current,
    update,
    isNew: !present,
    number: present && present !== last ? next : update.revision,
    surplus: historic.slice(0, Math.max(0, historic.length - (set.spec.revisionHistoryLimit ?? 10))),
  };
}

export function revisionOf({ metadata }: Pod): string | undefined {
  return metadata.labels?.[revisionLabel];
}

function newRevision(set: StatefulSet, data: ControllerRevision['data'], revision: number): ControllerRevision {
  const hash = templateHash(set.spec.template, set.status?.collisionCount);
  const { annotations, namespace, name = '' } = set.metadata;
  return {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name: `${name.slice(0, 223)}-${hash}`,
      namespace,
      labels: { ...set.spec.template.metadata?.labels, [hashLabel]: hash },
      ...(annotations && { annotations }),
      ownerReferences: [controllerReference(set, gvks.StatefulSet)],
    },
    data,
    revision,
  };
}
