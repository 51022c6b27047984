import type { AdmissionPlugin } from '#api-server/contract';
import type { Pod, Toleration } from '#api/types';
import { taintKeys } from '#objects';
import { isPod } from './refuse.ts';

const defaultSeconds = 300;
const keys = [taintKeys.notReady, taintKeys.unreachable];

/** Whether the pod has decided for itself. A toleration without a key or an effect is about all of them. */
const speaksOf = (toleration: Toleration, key: string): boolean =>
  (!toleration.key || toleration.key === key) && (!toleration.effect || toleration.effect === 'NoExecute');

/** Pods stay five minutes on a node that went away, unless they say otherwise. */
export const defaultTolerationSeconds: AdmissionPlugin = {
  name: 'DefaultTolerationSeconds',
  handles: (verb, resource, subresource) => (verb === 'create' || verb === 'update') && isPod(resource) && subresource === '',
  mutate({ object }) {
    const pod = object as Pod;
    const present = pod.spec.tolerations ?? [];
    const missing = keys.filter((key) => !present.some((toleration) => speaksOf(toleration, key)));
    if (missing.length === 0) return pod;
    const added = missing.map((key): Toleration => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: defaultSeconds }));
    return { ...pod, spec: { ...pod.spec, tolerations: [...present, ...added] } };
  },
};
