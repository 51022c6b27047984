import { badRequest, type KubeObject } from '#api';
import type { Column } from '#kinds/contract';
import type { ServedKind, ServedObject } from '../contract.ts';
import type { Format } from '../request/negotiate.ts';
import { partialMetadata } from './partial-metadata.ts';

/** `?includeObject`: what each row carries. */
type IncludeObject = 'None' | 'Metadata' | 'Object';

interface TableOptions {
  admitted: { query: URLSearchParams };
  format: Format;
  now: Date;
  /** Of the list, or of the one object. */
  list: { resourceVersion?: string; continue?: string; remainingItemCount?: number };
  /** In place of the kind's own. */
  columns?: readonly Column<never>[];
  /** Watches send the columns with the first event only. */
  withoutColumns?: boolean;
}

const nameColumn = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description:
    'Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names',
  priority: 0,
};

/** meta/v1 Table: what `kubectl get` prints. */
export function tableOf(kind: ServedKind, items: readonly ServedObject[], options: TableOptions): unknown {
  const columns = (options.columns ?? kind.definition.columns ?? []) as unknown as readonly Column<KubeObject>[];
  const named = !kind.definition.ownNameColumn;
  const include = includeObject(options.admitted.query);
  const cellsOf = (stored: KubeObject): unknown[] => columns.map((column) => column.value(stored, options.now));
  const { resourceVersion = '', continue: more, remainingItemCount } = options.list;
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${options.format.version ?? 'v1'}`,
    metadata: { resourceVersion, ...(more && { continue: more }), ...(remainingItemCount !== undefined && { remainingItemCount }) },
    columnDefinitions: options.withoutColumns ? null : [...(named ? [nameColumn] : []), ...columns.map(definitionOf)],
    rows: items.map(({ object }) => ({
      cells: [...(named ? [object.metadata.name] : []), ...cellsOf(kind.version?.toStored(object) ?? object)],
      ...(include !== 'None' ? { object: include === 'Object' ? object : partialMetadata(object, options.format) } : { object: null }),
    })),
  };
}

export function includeObject(query: URLSearchParams): IncludeObject {
  const wanted = query.get('includeObject') || 'Metadata';
  if (wanted === 'None' || wanted === 'Metadata' || wanted === 'Object') return wanted;
  throw badRequest(`unrecognized includeObject value: ${JSON.stringify(wanted)}`);
}

const definitionOf = ({ name, type, format = '', description = '', priority = 0 }: Column<KubeObject>): unknown => ({
  name,
  type,
  format,
  description,
  priority,
});
