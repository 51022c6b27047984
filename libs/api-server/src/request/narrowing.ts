import { ApiError, type FieldRequirement, parseFieldSelector } from '#api';

export interface Narrowing {
  /** The one name that is asked for. A list of one name is authorized as access to that name. */
  name?: string;
  fieldSelector: readonly FieldRequirement[];
}

const nothing: Narrowing = { fieldSelector: [] };

/**
 * What a field selector narrows a list or watch to, for authorizers (KEP-4601). Read as the list itself reads it, so that nothing is shown that was not
 * allowed; a selector that cannot be read narrows nothing.
 */
export function narrowing(fieldSelector: string | null | undefined): Narrowing {
  if (!fieldSelector) return nothing;
  try {
    const selector = parseFieldSelector(fieldSelector);
    const name = selector.exact('metadata.name');
    return { ...(name && { name }), fieldSelector: selector.requirements };
  } catch (err) {
    if (err instanceof ApiError) return nothing;
    throw err;
  }
}
