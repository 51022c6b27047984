import fastJsonPatch, { type Operation } from 'fast-json-patch';
import { ApiError, badRequest } from '../meta/api-error.ts';

/** The API server's bound: each operation costs time. */
const maxOperations = 10_000;

/**
 * RFC 6902. Answers a new value. Throws ApiError 400 for what is no list of operations, 413 for too many of them, and 422 for one
 * that fails: a path that is not there, a test that does not hold.
 */
export function jsonPatch(target: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch)) {
    const given = patch === null ? 'null' : typeof patch === 'object' ? 'object' : typeof patch === 'boolean' ? 'bool' : typeof patch;
    throw badRequest(`json: cannot unmarshal ${given} into Go value of type jsonpatch.Patch`);
  }
  if (patch.length > maxOperations) {
    const message = `The allowed maximum operations in a JSON patch is ${maxOperations}, got ${patch.length}`;
    throw new ApiError({ code: 413, reason: 'RequestEntityTooLarge', message });
  }
  try {
    return fastJsonPatch.applyPatch(target, patch as Operation[], true, false).newDocument;
  } catch (err) {
    throw unprocessable(err);
  }
}

/** What the API server answers to every operation that fails. */
function unprocessable(cause: unknown): ApiError {
  const message = 'the server rejected our request due to an error in our request';
  return new ApiError({ code: 422, reason: 'Invalid', message, details: {} }, cause);
}
