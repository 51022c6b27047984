import { lookUp } from '#base';
import { badRequest, type FieldRequirement, type KubeObject, parseFieldSelector, parseLabelSelector } from '#api';
import type { ServedKind } from '../contract.ts';

/** What a list or watch is narrowed to, ready to be asked of each object. */
export interface Selection {
  /** Over the stored object; undefined: everything. */
  matches?: (object: KubeObject) => boolean;
  /** The one name that the field selector asks for. */
  name?: string;
}

type FieldReader = (object: KubeObject) => string;

/** What the selectors of a list or watch choose. Throws ApiError 400. */
export function selectionOf(
  kind: ServedKind,
  { labelSelector, fieldSelector }: { labelSelector?: string; fieldSelector?: string },
): Selection {
  const labels = labelSelector ? parseLabelSelector(labelSelector) : undefined;
  const fields = fieldSelector ? parseFieldSelector(fieldSelector) : undefined;
  const tests: ((object: KubeObject) => boolean)[] = [];
  if (labels && !labels.empty) tests.push((object) => labels.matches(object.metadata.labels));
  for (const requirement of fields?.requirements ?? []) tests.push(fieldTest(kind, requirement));
  const name = fields?.exact('metadata.name');
  return { ...(tests.length > 0 && { matches: (object) => tests.every((test) => test(object)) }), ...(name && { name }) };
}

function fieldTest(kind: ServedKind, { field, operator, value }: FieldRequirement): (object: KubeObject) => boolean {
  const read = fieldReader(kind, field);
  return operator === '=' ? (object) => read(object) === value : (object) => read(object) !== value;
}

/** Only fields that the kind lists can be selected by; the two of metadata always. Throws ApiError 400 for another. */
function fieldReader({ definition, version }: ServedKind, field: string): FieldReader {
  if (field === 'metadata.name') return ({ metadata }) => metadata.name ?? '';
  if (field === 'metadata.namespace') return ({ metadata }) => metadata.namespace ?? '';
  const selectable = version?.selectableFields ?? definition.selectableFields;
  const read = lookUp(selectable, field);
  if (read) return read as FieldReader;
  throw badRequest(
    selectable
      ? `field label not supported: ${field}`
      : `${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`,
  );
}
