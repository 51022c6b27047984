import type { KubeObject } from '#api';
import type { KindDefinition } from '../contract.ts';

/** A kind that is validated and stored, and that nothing acts on yet: whoever creates one is told so in a warning. */
export function storedOnly<T extends KubeObject>(kind: KindDefinition<T>, missing: string): KindDefinition<T> {
  const { group, kind: name } = kind.gvk;
  const warning = `${group ? `${name}.${group}` : name}: Berth stores this object, but ${missing} yet`;
  const warnings = (object: T, previous?: T): string[] => [
    ...(kind.strategy?.warnings?.(object, previous) ?? []),
    ...(previous ? [] : [warning]),
  ];
  return { ...kind, strategy: { ...kind.strategy, warnings } };
}
