import type { KubeObject } from '#api';
import type { AdmissionIo, AdmissionPlugin, AdmissionRequest } from '#api-server/contract';
import type { Pod, PriorityClass } from '#api/types';
import { lookUp } from '#base';
import { gvks, systemPriorityClasses } from '#objects';
import { isPod, refuse } from './refuse.ts';

type Class = Pick<PriorityClass, 'value' | 'preemptionPolicy' | 'globalDefault'> & { metadata: { name?: string } };

const valueOf = ({ value }: Class): number => value ?? 0;

/** Exist in every cluster, whether or not the kind is served. */
const builtIn: Readonly<Record<string, Class>> = Object.fromEntries(
  Object.entries(systemPriorityClasses).map(([name, value]) => [name, { metadata: { name }, value }]),
);
const none: Class = { metadata: {}, value: 0 };

const isClass = (resource: { group: string; resource: string }): boolean =>
  resource.group === gvks.PriorityClass.group && resource.resource === 'priorityclasses';

/** Turns the name of a priority class into the number that the scheduler compares ("Pod Priority and Preemption"). */
export const priority: AdmissionPlugin = {
  name: 'Priority',
  handles: (verb, resource, subresource) =>
    (verb === 'create' || verb === 'update') && subresource === '' && (isPod(resource) || isClass(resource)),
  mutate(request, io) {
    const object = request.object as KubeObject;
    if (!isPod(request.resource)) return object;
    return request.verb === 'create' ? withPriority(request, io) : keepingPriority(object as Pod, request.oldObject as Pod);
  },
  validate(request, io) {
    if (isClass(request.resource)) checkOnlyDefault(request, io);
  },
};

/**
 * The pod with the number of its class, of the cluster's default class, or 0. A client may repeat the number and not choose it. Throws
 * ApiError 403.
 */
function withPriority(request: AdmissionRequest, io: AdmissionIo): Pod {
  const pod = request.object as Pod;
  const wanted = pod.spec.priorityClassName;
  const found = wanted ? (io.get<PriorityClass>(gvks.PriorityClass, '', wanted) ?? lookUp(builtIn, wanted)) : (globalDefault(io) ?? none);
  if (!found) throw refuse(request, `no PriorityClass with name ${wanted} was found`);
  const value = valueOf(found);
  const policy = found.preemptionPolicy ?? 'PreemptLowerPriority';
  const { priority: given, preemptionPolicy } = pod.spec;
  if (given !== undefined && given !== null && given !== value) {
    throw refuse(
      request,
      `the integer value of priority (${given}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`,
    );
  }
  if (preemptionPolicy && preemptionPolicy !== policy) {
    throw refuse(
      request,
      `the string value of PreemptionPolicy (${preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`,
    );
  }
  const name = wanted || found.metadata.name;
  return { ...pod, spec: { ...pod.spec, ...(name && { priorityClassName: name }), priority: value, preemptionPolicy: policy } };
}

/** Updates by clients that do not know the fields must not take them away. */
function keepingPriority(pod: Pod, old: Pod): Pod {
  return {
    ...pod,
    spec: {
      ...pod.spec,
      ...(pod.spec.priority === undefined && old.spec.priority !== undefined && { priority: old.spec.priority }),
      ...(pod.spec.preemptionPolicy === undefined &&
        old.spec.preemptionPolicy !== undefined && { preemptionPolicy: old.spec.preemptionPolicy }),
    },
  };
}

/** The lowest of them, should there be several. */
function globalDefault(io: AdmissionIo): Class | undefined {
  return io
    .list<PriorityClass>(gvks.PriorityClass)
    .filter((each) => each.globalDefault)
    .sort((a, b) => valueOf(a) - valueOf(b))[0];
}

/** There is one default class at most, so that what a pod without a class gets does not depend on luck. */
function checkOnlyDefault(request: AdmissionRequest, io: AdmissionIo): void {
  const given = request.object as PriorityClass;
  if (!given.globalDefault) return;
  const present = globalDefault(io);
  if (present && present.metadata.name !== given.metadata.name) {
    throw refuse(request, `PriorityClass ${present.metadata.name} is already marked as default. Only one default can exist`);
  }
}
