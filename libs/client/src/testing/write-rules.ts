import {
  badRequest,
  builtinTypes,
  conflict,
  deepEqual,
  type FieldError,
  gvkOf,
  invalid,
  invalidValue,
  jsonPatch,
  type KubeObject,
  mergePatch,
  notFound,
  objectModified,
  strategicMergePatch,
  timestamp,
  unsupportedMediaType,
} from '#api';
import { isActive } from '#objects';
import type { DeleteOptions, Resource, WriteItem } from '../contract.ts';

/*
 * What an api-server does to any object that is written, whatever its kind; `apiConformance` holds both to it. Nothing here is defaulted
 * or validated.
 */

interface Named {
  resource: Resource;
  name: string;
}

type WithParts = KubeObject & { spec?: { finalizers?: readonly string[]; nodeName?: string; replicas?: number }; status?: unknown };

/** The namespace that an object is to be in. */
export function namespaceOf(object: KubeObject, sentTo: string | undefined): string {
  const own = object.metadata.namespace ?? '';
  if (sentTo && own && own !== sentTo) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  return sentTo || own;
}

/** A new object with an identity; `serial` makes it one of its own. */
export function identified(object: KubeObject, { namespace, serial, now }: { namespace: string; serial: number; now: Date }): KubeObject {
  const { generateName = '', name = `${generateName}${serial.toString(36).padStart(5, 'x')}` } = object.metadata;
  const { deletionTimestamp: _mark, deletionGracePeriodSeconds: _grace, ...metadata } = object.metadata;
  return {
    ...object,
    metadata: {
      ...metadata,
      ...(namespace && { namespace }),
      name,
      uid: `uid-${serial}`,
      ...('spec' in object && { generation: 1 }),
      creationTimestamp: timestamp(now),
    },
  };
}

/** What an update or a patch makes of the present object. Throws ApiError. */
export function replaced(item: WriteItem & Named, present: KubeObject, wanted: KubeObject): KubeObject {
  const { resource, name, subresource } = item;
  const { resourceVersion, uid, name: own } = wanted.metadata;
  if (own !== undefined && own !== name) throw badRequest(`the name of the object (${own}) does not match the name on the URL (${name})`);
  namespaceOf(wanted, item.namespace);
  if (resourceVersion && resourceVersion !== present.metadata.resourceVersion) throw conflict(resource, name, objectModified);
  if (uid && uid !== present.metadata.uid) {
    const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${present.metadata.uid}`;
    if (item.verb === 'update') throw conflict(resource, name, why);
    throw refused(present, invalidValue('metadata.uid', uid, 'field is immutable'));
  }
  const next = merged(present, wanted, subresource);
  if (subresource) return { ...next, metadata: { ...present.metadata, ...generationAfter(present, next) } };
  const { deletionTimestamp, deletionGracePeriodSeconds, creationTimestamp } = present.metadata;
  const mark = wanted.metadata.deletionTimestamp;
  if (mark && mark !== deletionTimestamp) throw refused(present, invalidValue('metadata.deletionTimestamp', mark, 'field is immutable'));
  return {
    ...next,
    metadata: {
      ...next.metadata,
      ...(present.metadata.namespace && { namespace: present.metadata.namespace }),
      name,
      uid: present.metadata.uid,
      resourceVersion: present.metadata.resourceVersion,
      ...generationAfter(present, next),
      creationTimestamp,
      ...(deletionTimestamp && { deletionTimestamp, deletionGracePeriodSeconds }),
    },
  };
}

const refused = ({ apiVersion, kind, metadata }: KubeObject, error: FieldError) =>
  invalid(gvkOf({ apiVersion, kind }), metadata.name ?? '', [error]);

/** Each subresource has its part of the object; what is written to the object itself leaves the status alone. */
function merged(present: WithParts, wanted: WithParts, subresource: string | undefined): WithParts {
  switch (subresource) {
    case undefined:
    case '': {
      const { status: _theirs, ...rest } = wanted;
      return present.status === undefined ? rest : { ...rest, status: present.status };
    }
    case 'approval':
    case 'status': {
      const { status: _ours, ...rest } = present;
      return wanted.status === undefined ? rest : { ...rest, status: wanted.status };
    }
    case 'finalize':
      return { ...present, spec: { ...present.spec, finalizers: wanted.spec?.finalizers ?? [] } };
    case 'scale':
      return { ...present, spec: { ...present.spec, replicas: wanted.spec?.replicas ?? 0 } };
    default:
      throw notFound({ group: '', resource: subresource }, present.metadata.name ?? '');
  }
}

/** What is asked for has a new generation when it changes. */
function generationAfter(present: WithParts, next: WithParts): { generation?: number } {
  const { generation } = present.metadata;
  if (generation === undefined) return {};
  return { generation: deepEqual(present.spec, next.spec) ? generation : generation + 1 };
}

export function patched(present: KubeObject, { patchType, patch }: Extract<WriteItem, { verb: 'patch' }>): KubeObject {
  switch (patchType) {
    case 'application/merge-patch+json':
      return mergePatch(present, patch) as KubeObject;
    case 'application/json-patch+json':
      return jsonPatch(present, patch) as KubeObject;
    case 'application/strategic-merge-patch+json': {
      const struct = builtinTypes.kind(gvkOf(present));
      if (!struct) break;
      return strategicMergePatch(builtinTypes, { type: 'struct', of: struct.name }, present, patch) as KubeObject;
    }
  }
  throw unsupportedMediaType(`there is no ${patchType} of ${present.apiVersion} ${present.kind} here`);
}

export function checkPreconditions(item: Extract<WriteItem, { verb: 'delete' }>, { kind, metadata }: KubeObject): void {
  const { uid, resourceVersion } = item.options?.preconditions ?? {};
  const why = (what: string, asked: string, own: string | undefined, might: string): string =>
    `the ${what} in the precondition (${asked}) does not match the ${what} in record (${own}). The object might have been ${might}`;
  const of = { group: item.resource.group, resource: kind };
  if (uid !== undefined && uid !== metadata.uid) throw conflict(of, item.name, why('UID', uid, metadata.uid, 'deleted and then recreated'));
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    throw conflict(of, item.name, why('ResourceVersion', resourceVersion, metadata.resourceVersion, 'modified'));
  }
}

/** The object as it waits for its end; undefined when nothing keeps it. */
export function markedForDeletion(object: KubeObject, options: DeleteOptions, now: Date): KubeObject | undefined {
  const finalizers = finalizersAfter(object.metadata.finalizers ?? [], options.propagationPolicy);
  const graceSeconds = isRunningPod(object) ? (options.gracePeriodSeconds ?? 30) : 0;
  const { finalizers: _present, ...metadata } = object.metadata;
  const next = { ...object, metadata: { ...metadata, ...(finalizers.length > 0 && { finalizers }) } };
  if (graceSeconds === 0 && !isKept(next)) return undefined;
  const { deletionTimestamp: earlier, deletionGracePeriodSeconds: earlierGrace = 0 } = object.metadata;
  if (earlier && graceSeconds >= earlierGrace) return next;
  const asked = earlier ? Date.parse(earlier) - earlierGrace * 1000 : now.getTime();
  return {
    ...next,
    metadata: {
      ...next.metadata,
      // The first mark changes what controllers should do: generation tells them.
      ...(!earlier && metadata.generation !== undefined && { generation: metadata.generation + 1 }),
      deletionTimestamp: timestamp(new Date(asked + graceSeconds * 1000)),
      deletionGracePeriodSeconds: graceSeconds,
    },
  };
}

/** Whether the last that kept an object that goes has let it go. */
export function isOver(object: KubeObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = object.metadata;
  return deletionTimestamp !== undefined && deletionGracePeriodSeconds === 0 && !isKept(object);
}

const isKept = ({ metadata, spec }: WithParts): boolean => Boolean(metadata.finalizers?.length || spec?.finalizers?.length);

/** A pod that a node has, and that has not ended: only its node can say that it is gone. */
const isRunningPod = (object: WithParts): boolean =>
  object.kind === 'Pod' && Boolean(object.spec?.nodeName) && isActive({ ...object, metadata: {} } as never);

function finalizersAfter(present: readonly string[], policy: DeleteOptions['propagationPolicy']): string[] {
  const others = present.filter((finalizer) => finalizer !== 'orphan' && finalizer !== 'foregroundDeletion');
  switch (policy) {
    case 'Orphan':
      return [...others, 'orphan'];
    case 'Foreground':
      return [...others, 'foregroundDeletion'];
    case 'Background':
      return others;
    default:
      return [...present];
  }
}

/** core/v1 Binding. */
export function bound(pod: KubeObject, binding: KubeObject, now: Date): KubeObject {
  const { spec, status } = pod as KubeObject & { spec?: { nodeName?: string }; status?: { conditions?: { type: string }[] } };
  const { name = '', uid, deletionTimestamp, generation } = pod.metadata;
  const refuse = (why: string) => conflict({ group: '', resource: 'pods/binding' }, name, why);
  const asked = binding.metadata.uid;
  if (asked && asked !== uid) throw refuse(`Precondition failed: UID in precondition: ${asked}, UID in object meta: ${uid}`);
  if (deletionTimestamp) throw refuse(`pod ${name} is being deleted, cannot be assigned to a host`);
  if (spec?.nodeName) throw refuse(`pod ${name} is already assigned to node "${spec.nodeName}"`);
  const others = (status?.conditions ?? []).filter(({ type }) => type !== 'PodScheduled');
  const scheduled = { type: 'PodScheduled', status: 'True', lastTransitionTime: timestamp(now) };
  const nodeName = (binding as KubeObject & { target: { name: string } }).target.name;
  return {
    ...pod,
    metadata: { ...pod.metadata, ...(generation !== undefined && { generation: generation + 1 }) },
    spec: { ...spec, nodeName },
    status: { ...status, conditions: [...others, scheduled] },
  } as KubeObject;
}
