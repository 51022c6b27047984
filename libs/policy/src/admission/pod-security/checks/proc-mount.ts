import { type Check, type CheckPod, containersNamed, containersOf, quoted, sorted, unlessInUserNamespace } from '../check.ts';

const check: CheckPod = (pod) => {
  const bad = containersOf(pod).filter(({ securityContext }) => (securityContext?.procMount ?? 'Default') !== 'Default');
  if (bad.length === 0) return undefined;
  const types = quoted(sorted(bad.map(({ securityContext }) => securityContext?.procMount ?? '')));
  return {
    reason: 'procMount',
    detail: `${containersNamed(bad.map(({ name }) => name))} must not set securityContext.procMount to ${types}`,
  };
};

export const procMount: Check = {
  id: 'procMount',
  level: 'baseline',
  versions: [
    { since: 0, check },
    { since: 35, check: unlessInUserNamespace(check) },
  ],
};

/** Restricted stays as strict as baseline was before it let user namespaces off. */
export const procMountRestricted: Check = {
  id: 'procMount_restricted',
  level: 'restricted',
  versions: [{ since: 35, check, overrides: ['procMount'] }],
};
