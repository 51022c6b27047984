import { badRequest, type KubeObject, type ObjectMeta, timestamp } from '#api';
import { nameSuffix } from '#base';
import type { ServedKind } from '../contract.ts';
import type { Core } from '../core.ts';

/** Longest name that a generated one may have, its suffix included: `k8s.io/apiserver/pkg/storage/names`. */
const maxGeneratedName = 63;
const suffixLength = 5;

/** A namespaced object gets its request's namespace; naming another one is refused. A cluster-scoped one must not name any. */
export function inNamespace<T extends KubeObject>(object: T, kind: ServedKind, namespace: string): T {
  const own = object.metadata.namespace;
  if (own === namespace || (!own && !kind.namespaced)) return object;
  if (own && own !== namespace) throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  return { ...object, metadata: { ...object.metadata, namespace } };
}

/** What the server alone decides about a new object. */
export function withSystemFields<T extends KubeObject>(object: T, kind: ServedKind, core: Pick<Core, 'clock' | 'random'>): T {
  const {
    deletionTimestamp: _d,
    deletionGracePeriodSeconds: _g,
    selfLink: _s,
    generation: _n,
    resourceVersion: _r,
    ...kept
  } = object.metadata;
  const metadata: ObjectMeta = {
    ...kept,
    ...(!kept.name && kept.generateName && { name: generatedName(kept.generateName, core) }),
    uid: core.random.uuid(),
    creationTimestamp: timestamp(core.clock.now()),
    ...(kind.definition.strategy?.generationOf && { generation: 1 }),
  };
  return { ...object, metadata };
}

/** The base is cut rather than the suffix, which is what tells names apart. */
const generatedName = (base: string, { random }: Pick<Core, 'random'>): string =>
  base.slice(0, maxGeneratedName - suffixLength) + nameSuffix(random, suffixLength);

/** What an update cannot change and may leave out. What it states differently is for validation to refuse. */
export function withKeptFields<T extends KubeObject>(next: T, previous: KubeObject): T {
  const { selfLink: _, ...kept } = next.metadata;
  const before = previous.metadata;
  const metadata: ObjectMeta = {
    ...kept,
    name: kept.name || before.name,
    ...(before.namespace && { namespace: kept.namespace || before.namespace }),
    uid: kept.uid || before.uid,
    creationTimestamp: before.creationTimestamp ?? kept.creationTimestamp,
    generation: before.generation,
    deletionTimestamp: before.deletionTimestamp ?? kept.deletionTimestamp,
    deletionGracePeriodSeconds: kept.deletionGracePeriodSeconds ?? before.deletionGracePeriodSeconds,
    resourceVersion: undefined,
  };
  for (const key of Object.keys(metadata) as (keyof ObjectMeta)[]) if (metadata[key] === undefined) delete metadata[key];
  return { ...next, metadata };
}
