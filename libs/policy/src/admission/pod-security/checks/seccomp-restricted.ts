import { type Check, type CheckPod, containersNamed, namesOf, unlessWindows } from '../check.ts';
import { byField } from './seccomp-baseline.ts';

const check: CheckPod = (pod) => {
  const wrong = byField(pod);
  if (wrong) return wrong;
  if (pod.spec.securityContext?.seccompProfile) return undefined;
  const unset = namesOf(pod, ({ securityContext }) => !securityContext?.seccompProfile);
  if (unset.length === 0) return undefined;
  return {
    reason: 'seccompProfile',
    detail: `pod or ${containersNamed(unset)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`,
  };
};

const overrides = ['seccompProfile_baseline'];

export const seccompRestricted: Check = {
  id: 'seccompProfile_restricted',
  level: 'restricted',
  versions: [
    { since: 19, check, overrides },
    { since: 25, check: unlessWindows(check), overrides },
  ],
};
