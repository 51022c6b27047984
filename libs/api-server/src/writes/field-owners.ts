import { apiVersionOf, type KubeObject, managedFieldsSlices, type Slices, timestamp } from '#api';
import { subresourceOf } from '../catalog/subresources.ts';
import type { ServedKind, WriteOptions } from '../contract.ts';
import type { Core } from '../core.ts';

/**
 * Who an entry of `managedFields` is made for: the manager's name and the subresource are part of an entry's identity (API concepts of
 * server-side apply, "Field management").
 */
export interface Writer extends Pick<WriteOptions, 'fieldManager'> {
  subresource?: string;
}

/** Who writes (this server itself where nobody is named), when, in which version, and what this path resets. */
export function writeBy(core: Core, kind: ServedKind, { fieldManager, subresource }: Writer) {
  return {
    manager: fieldManager || 'kube-apiserver',
    apiVersion: apiVersionOf(kind.definition.gvk),
    ...(subresource && { subresource }),
    now: timestamp(core.clock.now()),
    resetFields: resetBy(kind, subresource),
  };
}

/** Top-level fields that nobody can come to own by this path, since it puts them back. */
function resetBy({ definition }: ServedKind, name: string | undefined): string[] {
  const parts = Object.values(definition.subresources ?? {}).flatMap((each) =>
    each.do === 'view' && each.part !== 'whole' ? [each.part] : [],
  );
  if (!name) return parts;
  const view = subresourceOf(definition, name);
  return view?.do === 'view' && view.part !== 'whole' ? ['spec', 'metadata'] : [];
}

/** The next object with its owners, after a create (`live` undefined), an update or a patch. */
export function owned(
  core: Core,
  kind: ServedKind,
  writer: Writer,
  { live, next }: { live?: KubeObject; next: KubeObject },
): Slices<KubeObject> {
  return managedFieldsSlices(core.kinds.types, live, next, writeBy(core, kind, writer));
}
