import { type Check, namesOf, settersNamed } from '../check.ts';

export const windowsHostProcess: Check = {
  id: 'windowsHostProcess',
  level: 'baseline',
  versions: [
    {
      since: 0,
      check(pod) {
        const setters = settersNamed(
          pod.spec.securityContext?.windowsOptions?.hostProcess === true,
          namesOf(pod, ({ securityContext }) => securityContext?.windowsOptions?.hostProcess === true),
        );
        return setters
          ? { reason: 'hostProcess', detail: `${setters} must not set securityContext.windowsOptions.hostProcess=true` }
          : undefined;
      },
    },
  ],
};
