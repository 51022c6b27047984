import { type Check, type CheckPod, containersNamed, namesOf, settersNamed, unlessInUserNamespace } from '../check.ts';

const reason = 'runAsNonRoot != true';

const check: CheckPod = (pod) => {
  const ofPod = pod.spec.securityContext?.runAsNonRoot;
  const wrong = settersNamed(
    ofPod === false,
    namesOf(pod, ({ securityContext }) => securityContext?.runAsNonRoot === false),
  );
  if (wrong) return { reason, detail: `${wrong} must not set securityContext.runAsNonRoot=false` };
  const unset = ofPod ? [] : namesOf(pod, ({ securityContext }) => securityContext?.runAsNonRoot === undefined);
  return unset.length > 0 ? { reason, detail: `pod or ${containersNamed(unset)} must set securityContext.runAsNonRoot=true` } : undefined;
};

export const runAsNonRoot: Check = {
  id: 'runAsNonRoot',
  level: 'restricted',
  versions: [
    { since: 0, check },
    { since: 35, check: unlessInUserNamespace(check) },
  ],
};
