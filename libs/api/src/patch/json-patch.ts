import { parseExact } from '#base';
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
    let document = parseExact(JSON.stringify(target));
    for (const [i, operation] of (patch as Operation[]).entries()) {
      document = fastJsonPatch.applyOperation(document, setting(document, operation), true, true, true, i).newDocument;
    }
    return document;
  } catch (err) {
    throw unprocessable(err);
  }
}

/**
 * Upstream's `replace` sets a member that is not there, where RFC 6902 wants an error: objects leave out what is zero, and clients
 * replace it all the same. `gopkg.in/evanphx/json-patch.v4`, partialDoc.get.
 */
function setting(document: unknown, operation: Operation): Operation {
  if (operation.op !== 'replace' || typeof operation.path !== 'string' || operation.path === '') return operation;
  const slash = operation.path.lastIndexOf('/');
  const parent = fastJsonPatch.getValueByPointer(document, operation.path.slice(0, slash)) as unknown;
  const name = fastJsonPatch.unescapePathComponent(operation.path.slice(slash + 1));
  const isNew = typeof parent === 'object' && parent !== null && !Array.isArray(parent) && !Object.hasOwn(parent, name);
  return isNew ? { ...operation, op: 'add' } : operation;
}

/** What the API server answers to every operation that fails. */
function unprocessable(cause: unknown): ApiError {
  const message = 'the server rejected our request due to an error in our request';
  return new ApiError({ code: 422, reason: 'Invalid', message, details: {} }, cause);
}
