import { lookUp } from '#base';
import { type Check, type CheckPod, containersOf, type PodLike, plural, quoted, settersNamed, sorted } from '../check.ts';

const podAnnotation = 'seccomp.security.alpha.kubernetes.io/pod';
const containerAnnotation = 'container.seccomp.security.alpha.kubernetes.io/';
const allowedValue = (value: string): boolean =>
  value === 'runtime/default' || value === 'docker/default' || value.startsWith('localhost/');
const allowedType = (type: string): boolean => type === 'RuntimeDefault' || type === 'Localhost';

const byAnnotation: CheckPod = (pod) => {
  const annotations = pod.metadata?.annotations ?? {};
  const keys = [podAnnotation, ...containersOf(pod).map(({ name }) => `${containerAnnotation}${name}`)];
  const bad = sorted(
    keys
      .filter((key) => Object.hasOwn(annotations, key) && !allowedValue(lookUp(annotations, key)!))
      .map((key) => `${key}=${JSON.stringify(lookUp(annotations, key))}`),
  );
  return bad.length > 0
    ? { reason: 'seccompProfile', detail: `forbidden ${plural(bad.length, 'annotation')} ${bad.join(', ')}` }
    : undefined;
};

/** Who names a profile that is neither the runtime's nor a file of the node, and which. */
function wrongProfiles(pod: PodLike): { setters: string; types: string[] } {
  const ofPod = pod.spec.securityContext?.seccompProfile?.type;
  const badPod = ofPod !== undefined && !allowedType(ofPod);
  const containers = containersOf(pod)
    .map(({ name, securityContext }) => ({ name, type: securityContext?.seccompProfile?.type }))
    .filter(({ type }) => type !== undefined && !allowedType(type));
  return {
    setters: settersNamed(
      badPod,
      containers.map(({ name }) => name),
    ),
    types: sorted([...(badPod ? [ofPod] : []), ...containers.map(({ type }) => type ?? '')]),
  };
}

export const byField: CheckPod = (pod) => {
  const { setters, types } = wrongProfiles(pod);
  return setters
    ? { reason: 'seccompProfile', detail: `${setters} must not set securityContext.seccompProfile.type to ${quoted(types)}` }
    : undefined;
};

export const seccompBaseline: Check = {
  id: 'seccompProfile_baseline',
  level: 'baseline',
  versions: [
    { since: 0, check: byAnnotation },
    { since: 19, check: byField },
  ],
};
