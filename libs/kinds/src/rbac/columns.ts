import type { KubeObject } from '#api';
import type { Subject } from '#api/types';
import type { Column } from '../contract.ts';
import { age } from '../rules/columns.ts';
import type { Binding } from './validation.ts';

/** Roles are shown as kinds without columns of their own are. */
export const createdAt: Column<KubeObject> = {
  name: 'Created At',
  type: 'date',
  value: (object) => object.metadata.creationTimestamp ?? null,
};

const subjectsOf = (binding: Binding, kind: string): Subject[] => (binding.subjects ?? []).filter((subject) => subject.kind === kind);

export const bindingColumns: readonly Column<KubeObject & Binding>[] = [
  { name: 'Role', type: 'string', value: ({ roleRef }) => `${roleRef.kind}/${roleRef.name}` },
  age,
  {
    name: 'Users',
    type: 'string',
    priority: 1,
    value: (binding) =>
      subjectsOf(binding, 'User')
        .map(({ name }) => name)
        .join(', '),
  },
  {
    name: 'Groups',
    type: 'string',
    priority: 1,
    value: (binding) =>
      subjectsOf(binding, 'Group')
        .map(({ name }) => name)
        .join(', '),
  },
  {
    name: 'ServiceAccounts',
    type: 'string',
    priority: 1,
    value: (binding) =>
      subjectsOf(binding, 'ServiceAccount')
        .map(({ name, namespace }) => (namespace ? `${namespace}/${name}` : name))
        .join(', '),
  },
];
