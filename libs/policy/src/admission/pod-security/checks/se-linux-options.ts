import type { SELinuxOptions } from '#api/types';
import { type Check, type CheckPod, containersOf, plural, quoted, settersNamed, sorted } from '../check.ts';

const types = ['', 'container_t', 'container_init_t', 'container_kvm_t'];

function checkWith(allowed: ReadonlySet<string>): CheckPod {
  const bad = (options: SELinuxOptions | undefined): boolean =>
    options !== undefined && (!allowed.has(options.type ?? '') || Boolean(options.user) || Boolean(options.role));
  return (pod) => {
    const ofPod = pod.spec.securityContext?.seLinuxOptions;
    const containers = containersOf(pod).filter(({ securityContext }) => bad(securityContext?.seLinuxOptions));
    const setters = settersNamed(
      bad(ofPod),
      containers.map(({ name }) => name),
    );
    if (!setters) return undefined;
    const set = [ofPod, ...containers.map(({ securityContext }) => securityContext?.seLinuxOptions)];
    const badTypes = sorted(set.map((options) => options?.type ?? '').filter((type) => !allowed.has(type)));
    const what = [
      ...(badTypes.length > 0 ? [`${plural(badTypes.length, 'type')} ${quoted(badTypes)}`] : []),
      ...(set.some((options) => options?.user) ? ['user may not be set'] : []),
      ...(set.some((options) => options?.role) ? ['role may not be set'] : []),
    ];
    return { reason: 'seLinuxOptions', detail: `${setters} set forbidden securityContext.seLinuxOptions: ${what.join('; ')}` };
  };
}

export const seLinuxOptions: Check = {
  id: 'seLinuxOptions',
  level: 'baseline',
  versions: [
    { since: 0, check: checkWith(new Set(types)) },
    { since: 31, check: checkWith(new Set([...types, 'container_engine_t'])) },
  ],
};
