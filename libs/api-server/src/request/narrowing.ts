import { ApiError, type FieldRequirement, parseFieldSelector, parseLabelSelector, type Requirement } from '#api';

export interface Narrowing {
  /** The one name that is asked for. A list of one name is authorized as access to that name. */
  name?: string;
  fieldSelector: readonly FieldRequirement[];
  labelSelector: readonly Requirement[];
}

/**
 * What selectors narrow a list or watch to, for authorizers (KEP-4601). Read as the list itself reads it, so that nothing is shown that was not
 * allowed; a selector that cannot be read narrows nothing.
 */
export function narrowing({ fieldSelector, labelSelector }: Selectors): Narrowing {
  const fields = fieldSelector ? readable(() => parseFieldSelector(fieldSelector)) : undefined;
  const labels = labelSelector ? readable(() => parseLabelSelector(labelSelector)) : undefined;
  const name = fields?.exact('metadata.name');
  return { ...(name && { name }), fieldSelector: fields?.requirements ?? [], labelSelector: labels?.requirements ?? [] };
}

type Selectors = Partial<Record<'fieldSelector' | 'labelSelector', string | null>>;

function readable<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (err) {
    if (err instanceof ApiError) return undefined;
    throw err;
  }
}
