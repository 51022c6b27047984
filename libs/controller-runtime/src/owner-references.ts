import { apiVersionOf, type Gvk, type KubeObject, type LabelMatcher, type OwnerReference } from '#api';
import type { Resource, WriteItem } from '#client';

/** The one reference with `controller: true`. */
export function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((reference) => reference.controller === true);
}

/** The reference that makes `owner` the controller. `blockOwnerDeletion` has foreground deletion of the owner wait for this object. */
export function controllerReference(owner: KubeObject, kind: Gvk): OwnerReference {
  return {
    apiVersion: apiVersionOf(kind),
    kind: kind.kind,
    name: owner.metadata.name ?? '',
    uid: owner.metadata.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  };
}

/** The objects that concern an owner, each in one of three lists; those of other controllers are in none. */
export interface Claimed<T> {
  /** Controlled by the owner, and chosen by its selector. */
  owned: T[];
  /** Nobody's, and chosen: to be adopted. */
  adopt: T[];
  /** The owner's, but no longer chosen: to be released. */
  release: T[];
}

/** `pkg/controller/controller_ref_manager.go`, ClaimObject: which of these objects are, become or cease to be the owner's. Pure. */
export function claim<T extends KubeObject>(owner: KubeObject, selector: Pick<LabelMatcher, 'matches'>, objects: readonly T[]): Claimed<T> {
  const claimed: Claimed<T> = { owned: [], adopt: [], release: [] };
  const ownerLeaves = Boolean(owner.metadata.deletionTimestamp);
  for (const object of objects) {
    const controller = controllerOf(object);
    const chosen = selector.matches(object.metadata.labels);
    if (controller) {
      if (controller.uid !== owner.metadata.uid) continue;
      if (chosen) claimed.owned.push(object);
      else if (!ownerLeaves) claimed.release.push(object);
    } else if (chosen && !ownerLeaves && !object.metadata.deletionTimestamp) {
      claimed.adopt.push(object);
    }
  }
  return claimed;
}

/** Makes `owner` the object's controller; refused with 409 when the object has changed since it was seen. */
export function adoptItem(resource: Resource, object: KubeObject, owner: OwnerReference): WriteItem {
  return referencesItem(resource, object, [...(object.metadata.ownerReferences ?? []), owner]);
}

/** Takes the owner's reference away. */
export function releaseItem(resource: Resource, object: KubeObject, ownerUid: string): WriteItem {
  return referencesItem(
    resource,
    object,
    (object.metadata.ownerReferences ?? []).filter((reference) => reference.uid !== ownerUid),
  );
}

function referencesItem(resource: Resource, object: KubeObject, ownerReferences: OwnerReference[]): WriteItem {
  const { namespace, name = '', uid, resourceVersion } = object.metadata;
  return {
    verb: 'patch',
    resource,
    namespace,
    name,
    patchType: 'application/merge-patch+json',
    patch: { metadata: { uid, resourceVersion, ownerReferences } },
  };
}
