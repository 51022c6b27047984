import { type Gvk, gvkOf, type OwnerReference } from '#api';
import type { Resource } from '#client';

/** One kind that the api-server serves: for the controllers that work on objects of any kind. */
export interface ServedKind {
  gvk: Gvk;
  resource: Resource;
  namespaced: boolean;
}

/** Finds kinds by what owner references say. Another version of the same kind is the same kind. */
export class ServedKinds {
  private readonly byName = new Map<string, ServedKind>();

  constructor(readonly all: readonly ServedKind[]) {
    for (const kind of all) this.byName.set(`${kind.gvk.group}/${kind.gvk.kind}`, kind);
  }

  ofReference({ apiVersion, kind }: OwnerReference): ServedKind | undefined {
    return this.byName.get(`${gvkOf({ apiVersion, kind }).group}/${kind}`);
  }
}
