import { deepEqual, type KubeObject } from '#api';
import type { ControllerRevision, DaemonSet, Pod } from '#api/types';
import { templateHash } from '../deployment/template.ts';
import { byRevision, templatePatch } from '../revisions/revision.ts';

export const revisionHashLabel = 'controller-revision-hash';

export interface History {
  /** What pods of the present template are labelled with. */
  hash: string;
  /** The present template's; new when it has no name taken yet. */
  current: ControllerRevision;
  isNew: boolean;
  /** Others of the present template: two controllers had made one each. */
  duplicates: readonly ControllerRevision[];
  /** Of former templates, the oldest first. */
  old: readonly ControllerRevision[];
  /** What the present one is numbered as: a rollback makes an old revision the newest. */
  revision: number;
}

/** `pkg/controller/daemon/update.go`, constructHistory. */
export function historyOf(set: DaemonSet, revisions: readonly ControllerRevision[]): History {
  const data = templatePatch(set);
  const same = revisions.filter((revision) => deepEqual(revision.data, data)).toSorted(byRevision);
  const old = revisions.filter((revision) => !same.includes(revision)).toSorted(byRevision);
  const next = Math.max(0, ...old.map(({ revision }) => revision)) + 1;
  const present = same.at(-1);
  const current = present ?? newRevision(set, data, next);
  return {
    hash: hashOf(current),
    current,
    isNew: !present,
    duplicates: same.slice(0, -1),
    old,
    revision: Math.max(current.revision, next),
  };
}

/** The label, or for a revision without one its name, which is as unique. */
export function hashOf({ metadata: { labels, name = '' } }: KubeObject): string {
  return labels?.[revisionHashLabel] ?? name;
}

/** Those beyond the limit that no pod is of any more, the oldest first. */
export function surplus(set: DaemonSet, { old }: History, pods: readonly Pod[]): ControllerRevision[] {
  const live = new Set(pods.map(({ metadata }) => metadata.labels?.[revisionHashLabel]));
  const count = Math.max(0, old.length - (set.spec.revisionHistoryLimit ?? 10));
  return old.filter((revision) => !live.has(hashOf(revision))).slice(0, count);
}

function newRevision(set: DaemonSet, data: ControllerRevision['data'], revision: number): ControllerRevision {
  const hash = templateHash(set.spec.template, set.status?.collisionCount);
  const { annotations, namespace, name } = set.metadata;
  return {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      labels: { ...set.spec.template.metadata?.labels, [revisionHashLabel]: hash },
      ...(annotations && { annotations }),
    },
    data,
    revision,
  };
}
