import { type Check, containersNamed, namesOf } from '../check.ts';

export const privileged: Check = {
  id: 'privileged',
  level: 'baseline',
  versions: [
    {
      since: 0,
      check(pod) {
        const bad = namesOf(pod, ({ securityContext }) => securityContext?.privileged === true);
        return bad.length > 0
          ? { reason: 'privileged', detail: `${containersNamed(bad)} must not set securityContext.privileged=true` }
          : undefined;
      },
    },
  ],
};
