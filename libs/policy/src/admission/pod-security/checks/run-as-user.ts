import { type Check, type CheckPod, namesOf, settersNamed, unlessInUserNamespace } from '../check.ts';

const check: CheckPod = (pod) => {
  const setters = settersNamed(
    pod.spec.securityContext?.runAsUser === 0,
    namesOf(pod, ({ securityContext }) => securityContext?.runAsUser === 0),
  );
  return setters ? { reason: 'runAsUser=0', detail: `${setters} must not set runAsUser=0` } : undefined;
};

export const runAsUser: Check = {
  id: 'runAsUser',
  level: 'restricted',
  versions: [
    { since: 23, check },
    { since: 35, check: unlessInUserNamespace(check) },
  ],
};
