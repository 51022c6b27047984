import { lookUp, setKey } from '#base';
import { isObject, type JsonObject } from './shape.ts';

/** RFC 7386: objects are merged, null deletes, everything else replaces. Answers a new value; shares what the patch leaves alone. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const merged: JsonObject = isObject(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name];
    else setKey(merged, name, mergePatch(lookUp(merged, name), value));
  }
  return merged;
}
