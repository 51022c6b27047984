import type { KubeObject } from '#api';
import type { Plan } from '#controller-runtime/contract';

/** One write: an object with or without the finalizer, bound to the version that was read. */
export interface FinalizerAction<T extends KubeObject> {
  do: 'write';
  object: T;
}

export function withFinalizer<T extends KubeObject>(object: T, finalizer: string): Plan<FinalizerAction<T>> {
  const given = object.metadata.finalizers ?? [];
  return given.includes(finalizer) ? { actions: [] } : write(object, [...given, finalizer]);
}

export function withoutFinalizer<T extends KubeObject>(object: T, finalizer: string): Plan<FinalizerAction<T>> {
  const given = object.metadata.finalizers ?? [];
  if (!given.includes(finalizer)) return { actions: [] };
  return write(
    object,
    given.filter((name) => name !== finalizer),
  );
}

const write = <T extends KubeObject>(object: T, finalizers: readonly string[]): Plan<FinalizerAction<T>> => ({
  actions: [{ do: 'write', object: { ...object, metadata: { ...object.metadata, finalizers: [...finalizers] } } }],
});
