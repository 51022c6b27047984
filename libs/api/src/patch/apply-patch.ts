import { parseJson } from '../decode/body.ts';
import { decodeObjectSlices, type FieldValidation } from '../decode/decode.ts';
import { countMembers, countParsedMembers, duplicateFields } from '../decode/field-problems.ts';
import { jsonSyntaxError } from '../decode/json-syntax.ts';
import { checkValue } from '../decode/limits.ts';
import { ApiError, badRequest, invalid, unsupportedMediaType } from '../meta/api-error.ts';
import { invalidValue } from '../meta/field-error.ts';
import type { Gvk, KubeObject } from '../meta/object.ts';
import { atOnce, type Slices } from '../meta/slices.ts';
import type { TypeTable } from '../type-table/schema.ts';
import { jsonPatchSlices } from './json-patch.ts';
import { rootSchema } from './managed-fields.ts';
import { mergePatch } from './merge-patch.ts';
import { strategicMergePatch } from './strategic-merge-patch.ts';

export type PatchType = 'application/json-patch+json' | 'application/merge-patch+json' | 'application/strategic-merge-patch+json';

export interface PatchOptions {
  /** Media type of the request, without parameters. */
  type: string;
  /** The kind as it is served at the path. */
  gvk: Gvk;
  fieldValidation?: FieldValidation;
  warn?: (message: string) => void;
}

/**
 * Applies a JSON patch, merge patch or strategic merge patch to an object and decodes the outcome: checked, pruned, with defaults.
 * `patch` is the body as it came. Server-side apply has a function of its own. Throws ApiError: 400 malformed, 413, 415, 422 when an
 * operation fails or the outcome is no object of the kind.
 */
export function applyPatch(table: TypeTable, live: KubeObject, patch: Uint8Array | string, options: PatchOptions): KubeObject {
  return atOnce(applyPatchSlices(table, live, patch, options));
}

/** The same in slices, for large objects and patches. */
export function* applyPatchSlices(
  table: TypeTable,
  live: KubeObject,
  patch: Uint8Array | string,
  options: PatchOptions,
): Slices<KubeObject> {
  const text = typeof patch === 'string' ? patch : Buffer.from(patch).toString();
  const parsed = parse(text);
  yield;
  checkDuplicates(text, parsed, options);
  yield;
  const patched = yield* patchedBy(table, live, parsed, options);
  yield;
  checkValue(patched);
  yield;
  try {
    return yield* decodeObjectSlices(table, patched, options);
  } catch (err) {
    if (!(err instanceof ApiError) || err.code !== 400) throw err;
    const why = err.message.replace(/^.*? cannot be handled as a [^:]*: /s, '');
    throw new ApiError({ code: 422, reason: 'Invalid', ...invalidPatch(options, patched, parsed, why) }, err);
  }
}

/** Upstream shows the outcome for what was patched as JSON, and the patch itself for a strategic one. */
function invalidPatch({ type }: PatchOptions, patched: unknown, parsed: unknown, why: string): { message: string; details: object } {
  const shown = type.startsWith('application/strategic') ? parsed : patched;
  const { message, details } = invalid({ group: '', kind: '' }, '', [invalidValue('patch', JSON.stringify(shown), why)]).status;
  return { message: message!, details: { causes: details!.causes! } };
}

function parse(text: string): unknown {
  try {
    return parseJson(text);
  } catch (err) {
    if (!(err instanceof SyntaxError)) throw err;
    throw badRequest(`error decoding patch: ${jsonSyntaxError(text)}`, err);
  }
}

/**
 * Fields that a patch names twice, of which the last one counts. A JSON patch is a list of operations and is not looked at. Throws
 * ApiError 400 under Strict.
 */
function checkDuplicates(text: string, parsed: unknown, { type, fieldValidation = 'Warn', warn }: PatchOptions): void {
  if (fieldValidation === 'Ignore' || type === 'application/json-patch+json') return;
  if (countMembers(text) === countParsedMembers(parsed)) return; // most texts repeat nothing, and that is quickly told
  const problems = duplicateFields(text);
  if (problems.length > 0 && fieldValidation === 'Strict') throw badRequest(`strict decoding error: ${problems.join(', ')}`);
  for (const problem of problems) warn?.(problem);
}

/**
 * The bare outcome, neither checked nor pruned. Throws ApiError 400 for a patch of the wrong form, 415 for another media type, 422 for an
 * operation that fails.
 */
function* patchedBy(table: TypeTable, live: KubeObject, patch: unknown, { type }: PatchOptions): Slices<unknown> {
  switch (type as PatchType) {
    case 'application/json-patch+json':
      return yield* jsonPatchSlices(live, patch);
    case 'application/merge-patch+json':
      if (patch === null) throw badRequest('Invalid JSON Patch');
      if (typeof patch !== 'object' || Array.isArray(patch)) {
        throw badRequest('error decoding patch: json: cannot unmarshal into Go value of type map[string]interface {}');
      }
      return mergePatch(live, patch);
    case 'application/strategic-merge-patch+json':
      return strategicMergePatch(table, rootSchema(table, live), live, patch);
    default:
      throw unsupportedMediaType(
        `the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json, application/apply-patch+yaml`,
      );
  }
}
