import { lookUp } from '#base';
import type { Gvk, KubeObject } from '#api';
import type { ConnectShape, HttpMethod, KindDefinition, Subresource } from '#kinds/contract';
import type { ServedKind } from '../contract.ts';

type Defined = Pick<KindDefinition, 'subresources'>;
const viewMethods: readonly HttpMethod[] = ['GET', 'PUT', 'PATCH'];

/** Undefined for the object itself (''), and where the kind has none of that name. */
export const subresourceOf = (definition: Defined | undefined, name = ''): Subresource<KubeObject> | undefined =>
  name === '' ? undefined : lookUp(definition?.subresources, name);

/** HTTP methods that are served there; another is 405. */
export function methodsOf(subresource: Subresource<KubeObject>): readonly HttpMethod[] {
  switch (subresource.do) {
    case 'view':
      return subresource.methods ?? viewMethods;
    case 'projection':
      return viewMethods;
    case 'action':
      return ['POST'];
    case 'connect':
      return subresource.methods;
  }
}

/** The kind that is read and written at a subresource. */
export function gvkOfSubresource(kind: Pick<ServedKind, 'gvk'>, subresource: Subresource<KubeObject>): Gvk {
  if (subresource.do === 'action') return subresource.body;
  return subresource.do === 'projection' ? subresource.gvk : kind.gvk;
}

/** How clients speak to it, if it is a stream. */
export function shapeOf(definition: Defined | undefined, name: string): ConnectShape | undefined {
  const found = subresourceOf(definition, name);
  return found?.do === 'connect' ? found.shape : undefined;
}
