import { type Check, type CheckPod, containersNamed, containersOf, namesOf, quoted, sorted, unlessWindows } from '../check.ts';

const check: CheckPod = (pod) => {
  const keeping = namesOf(pod, ({ securityContext }) => !securityContext?.capabilities?.drop?.includes('ALL'));
  const adding = containersOf(pod)
    .map(({ name, securityContext }) => ({
      name,
      added: (securityContext?.capabilities?.add ?? []).filter((c) => c !== 'NET_BIND_SERVICE'),
    }))
    .filter(({ added }) => added.length > 0);
  const details: string[] = [];
  if (keeping.length > 0) details.push(`${containersNamed(keeping)} must set securityContext.capabilities.drop=["ALL"]`);
  if (adding.length > 0) {
    const capabilities = quoted(sorted(adding.flatMap(({ added }) => added)));
    details.push(`${containersNamed(adding.map(({ name }) => name))} must not include ${capabilities} in securityContext.capabilities.add`);
  }
  return details.length > 0 ? { reason: 'unrestricted capabilities', detail: details.join('; ') } : undefined;
};

const overrides = ['capabilities_baseline'];

export const capabilitiesRestricted: Check = {
  id: 'capabilities_restricted',
  level: 'restricted',
  versions: [
    { since: 22, check, overrides },
    { since: 25, check: unlessWindows(check), overrides },
  ],
};
