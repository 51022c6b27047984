import { compareQuantities, parseQuantity } from '#api';
import type { AdmissionIo, AdmissionPlugin, AdmissionRequest } from '#api-server/contract';
import type { Pod, PodSpec, RuntimeClass } from '#api/types';
import { lookUp } from '#base';
import { gvks, mergeTolerations } from '#objects';
import { isPod, refuse } from './refuse.ts';

/** No pod runs under another runtime than the one that it names ("Runtime Class"); overhead comes from a class only (KEP-688). */
export const runtimeClass: AdmissionPlugin = {
  name: 'RuntimeClass',
  handles: (verb, resource, subresource) => verb === 'create' && isPod(resource) && subresource === '',
  async mutate(request, io) {
    const pod = request.object as Pod;
    const found = await classOf(request, io);
    if (!found) return pod;
    const { overhead, scheduling } = found;
    if (Object.keys(pod.spec.overhead ?? {}).length > 0) checkOverhead(request, found);
    return {
      ...pod,
      spec: {
        ...pod.spec,
        ...(overhead && { overhead: overhead.podFixed }),
        ...(scheduling && {
          nodeSelector: mergedSelector(request, scheduling.nodeSelector),
          tolerations: mergeTolerations(pod.spec.tolerations ?? [], scheduling.tolerations ?? []),
        }),
      },
    };
  },
  async validate(request, io) {
    checkOverhead(request, await classOf(request, io));
  },
};

async function classOf(request: AdmissionRequest, io: AdmissionIo): Promise<RuntimeClass | undefined> {
  const { runtimeClassName: name } = (request.object as Pod).spec;
  if (name === undefined) return undefined;
  const found = io.get<RuntimeClass>(gvks.RuntimeClass, '', name) ?? (await io.fresh<RuntimeClass>(gvks.RuntimeClass, '', name));
  if (!found) throw refuse(request, `pod rejected: RuntimeClass "${name}" not found`);
  return found;
}

/** A class without overhead leaves none to its pods; with one it is exactly that. */
function checkOverhead(request: AdmissionRequest, found: RuntimeClass | undefined): void {
  const given = (request.object as Pod).spec.overhead ?? {};
  if (!found?.overhead) {
    if (Object.keys(given).length > 0)
      throw refuse(request, 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead');
  } else if (!sameAmounts(given, found.overhead.podFixed ?? {})) {
    throw refuse(request, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
  }
}

function sameAmounts(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].every((name) => {
    const [left, right] = [lookUp(a, name), lookUp(b, name)];
    return left !== undefined && right !== undefined && compareQuantities(parseQuantity(left), parseQuantity(right)) === 0;
  });
}

/** KEP-894: a node has to suit both. */
function mergedSelector(request: AdmissionRequest, ofClass: PodSpec['nodeSelector'] = {}): PodSpec['nodeSelector'] {
  const ofPod = (request.object as Pod).spec.nodeSelector;
  for (const [key, value] of Object.entries(ofClass)) {
    const own = lookUp(ofPod ?? {}, key);
    if (own !== undefined && own !== value) {
      const both = `runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own}`;
      throw refuse(request, `conflict: ${both}`);
    }
  }
  return Object.keys(ofClass).length === 0 ? ofPod : { ...ofPod, ...ofClass };
}
