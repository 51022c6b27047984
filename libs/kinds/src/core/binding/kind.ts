import { notFound } from '#api';
import type { Binding, Pod } from '#api/types';
import type { KindDefinition } from '../../contract.ts';
import { bind } from '../pod/binding.ts';

/** What `pods/binding` takes, under its old path: schedulers of client libraries post it there. Nothing is stored. */
export const binding: KindDefinition<Binding> = {
  gvk: { group: '', version: 'v1', kind: 'Binding' },
  scope: 'Namespaced',
  names: { plural: 'bindings', singular: 'binding' },
  verbs: ['create'],
  validate: () => [],
  columns: [],
  async answer(object, io, options) {
    const { namespace = '', name = '' } = object.metadata;
    const pod = io.get<Pod>({ group: '', version: 'v1', kind: 'Pod' }, namespace, name);
    if (!pod) throw notFound({ group: '', resource: 'pods' }, name);
    return (await bind(pod, object, io, options)) as Binding;
  },
};
