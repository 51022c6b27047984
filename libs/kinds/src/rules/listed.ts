import type { KubeObject } from '#api';
import type { KindDefinition } from '../contract.ts';

/** Forgets a kind's type for the list of all kinds: the machinery hands each definition only objects of its own kind. */
export function listed<T extends KubeObject>(kind: KindDefinition<T>): KindDefinition {
  return kind as unknown as KindDefinition;
}
