import { Int64, lookUp, parseExact, setKey } from '#base';
import { ApiError, badRequest, requestEntityTooLarge } from '../meta/api-error.ts';
import { atOnce, type Slices } from '../meta/slices.ts';
import { PatchWork } from './patch-work.ts';
import { isObject, type JsonObject } from './shape.ts';

/** The API server's bound: each operation costs time. */
const maxOperations = 10_000;
/** Its bound on what all `copy` operations of a patch copy, in bytes of JSON: copies of copies double with each. */
const maxCopiedBytes = 3 * 1024 * 1024;

/** Members of paths that are gone down in one slice; about ten milliseconds. */
const stepsOfSlice = 20_000;

/**
 * RFC 6902. Answers a new value, which shares with `target` and `patch` what stays the same. As the API server's library does it: the
 * document itself is no target of an operation, and indices below zero count from the end. Throws ApiError 400 for what is no list of
 * operations, 413 for too many or too costly ones, and 422 for one that fails.
 */
export function jsonPatch(target: unknown, patch: unknown): unknown {
  return atOnce(jsonPatchSlices(target, patch));
}

/** The same in slices, for many operations: each goes down its path anew. */
export function* jsonPatchSlices(target: unknown, patch: unknown): Slices<unknown> {
  if (!Array.isArray(patch)) throw badRequest(`json: cannot unmarshal ${goKind(patch)} into Go value of type jsonpatch.Patch`);
  const wrong: unknown = patch.find((operation) => operation !== null && !isObject(operation));
  if (wrong !== undefined) throw badRequest(`json: cannot unmarshal ${goKind(wrong)} into Go value of type jsonpatch.Operation`);
  if (patch.length > maxOperations) {
    const message = `The allowed maximum operations in a JSON patch is ${maxOperations}, got ${patch.length}`;
    throw requestEntityTooLarge(`Request entity too large: ${message}`);
  }
  const patching = new Patching(target);
  for (const operation of patch) {
    patching.apply((operation ?? {}) as JsonObject);
    if (patching.steps < stepsOfSlice) continue;
    patching.steps = 0;
    yield;
  }
  return patching.document;
}

function goKind(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

/** What the API server answers to every operation that fails; why stays in the cause. */
function failed(why: string): ApiError {
  const message = 'the server rejected our request due to an error in our request';
  return new ApiError({ code: 422, reason: 'Invalid', message, details: {} }, new Error(why));
}

function textOf(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch (err) {
    if (err instanceof RangeError) throw failed(err.message); // operations can nest values deeper than any body is
    throw err;
  }
}

type Container = JsonObject | unknown[];
interface Place {
  container: Container;
  key: string;
}

class Patching {
  document: unknown;
  /** Members of paths that have been gone down. */
  steps = 0;
  /** Containers that were made here: they alone are changed in place. */
  private readonly own = new WeakSet<object>();
  private readonly work = new PatchWork();
  private copiedBytes = 0;

  constructor(document: unknown) {
    this.document = document;
  }

  apply({ op, path, from, value = null }: JsonObject): void {
    switch (op) {
      case 'add':
        return this.add(this.place(path), value);
      case 'remove':
        return this.remove(this.place(path));
      case 'replace':
        return this.set(this.place(path), value);
      case 'move': {
        const source = this.place(from);
        const moved = this.get(source);
        this.remove(source);
        return this.add(this.place(path), moved);
      }
      case 'copy':
        return this.add(this.place(path), this.copied(this.get(this.place(from))));
      case 'test':
        return this.test(this.place(path), value);
      default:
        throw failed(`Unexpected kind: ${JSON.stringify(op)}`);
    }
  }

  /** Where a pointer (RFC 6901) leads, with the containers on the way made ours. */
  private place(pointer: unknown): Place {
    if (typeof pointer !== 'string') throw failed('an operation has no path');
    const [, ...keys] = pointer.split('/').map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
    this.steps += keys.length;
    const last = keys.pop();
    if (last === undefined) throw failed(`a path that leads nowhere: ${pointer}`);
    let container = this.owned(this.document);
    this.document = container;
    for (const key of keys) {
      const inner = this.owned(this.get({ container, key }));
      this.set({ container, key }, inner);
      container = inner;
    }
    return { container, key: last };
  }

  private owned(value: unknown): Container {
    if (!isObject(value) && !Array.isArray(value)) throw failed('a path that leads through what has no parts');
    if (this.own.has(value)) return value;
    const mine: Container = Array.isArray(value) ? [...(value as unknown[])] : { ...value };
    this.own.add(mine);
    return mine;
  }

  /** A member that is not there is null, as upstream has it: objects leave out what is zero, and clients replace it all the same. */
  private get({ container, key }: Place): unknown {
    if (Array.isArray(container)) return container[indexOf(key, container.length)];
    return lookUp(container, key) ?? null;
  }

  private set({ container, key }: Place, value: unknown): void {
    if (Array.isArray(container)) container[indexOf(key, container.length)] = value;
    else setKey(container, key, value);
  }

  private add({ container, key }: Place, value: unknown): void {
    if (!Array.isArray(container)) return setKey(container, key, value);
    const index = key === '-' ? container.length : indexOf(key, container.length + 1);
    this.work.spend(container.length - index);
    container.splice(index, 0, value);
  }

  private remove({ container, key }: Place): void {
    if (!Array.isArray(container)) {
      if (!Object.hasOwn(container, key)) throw failed(`Unable to remove nonexistent key: ${key}`);
      delete container[key];
      return;
    }
    const index = indexOf(key, container.length);
    this.work.spend(container.length - index);
    container.splice(index, 1);
  }

  /** The parts of a copy may be changed where it came from and where it goes. */
  private copied(value: unknown): unknown {
    const text = textOf(value);
    this.copiedBytes += Buffer.byteLength(text);
    if (this.copiedBytes > maxCopiedBytes) {
      throw failed(
        `Unable to complete the copy, the accumulated size increase of copy is ${this.copiedBytes}, exceeding the limit ${maxCopiedBytes}`,
      );
    }
    return parseExact(text);
  }

  private test(place: Place, value: unknown): void {
    if (!this.equal(this.get(place), value)) throw failed(`testing value ${place.key} failed`);
  }

  private equal(a: unknown, b: unknown): boolean {
    if (a === b) return true;
    if (Array.isArray(a)) {
      if (!Array.isArray(b) || a.length !== b.length) return false;
      this.work.spend(a.length);
      return a.every((item, i) => this.equal(item, b[i]));
    }
    if (a instanceof Int64) return b instanceof Int64 && a.text === b.text;
    if (!isObject(a) || !isObject(b)) return false;
    const names = Object.keys(a);
    this.work.spend(names.length);
    return (
      names.length === Object.keys(b).length &&
      names.every((name) => Object.hasOwn(b, name) && this.equal(lookUp(a, name), lookUp(b, name)))
    );
  }
}

/** Go's `strconv.Atoi`, within a list of this length. */
function indexOf(key: string, length: number): number {
  const index = /^[+-]?\d+$/.test(key) ? Number(key) : Number.NaN;
  const fromStart = index < 0 ? index + length : index;
  if (!(fromStart >= 0 && fromStart < length)) throw failed(`Unable to access invalid index: ${key}`);
  return fromStart;
}
