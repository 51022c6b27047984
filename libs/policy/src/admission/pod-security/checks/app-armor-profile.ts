import { type Check, containersOf, namesOf, type PodLike, plural, quoted, settersNamed, sorted } from '../check.ts';

const annotation = 'container.apparmor.security.beta.kubernetes.io/';
const allowedType = (type: string): boolean => type === 'RuntimeDefault' || type === 'Localhost';
const allowedValue = (value: string): boolean => value === '' || value === 'runtime/default' || value.startsWith('localhost/');

function forbiddenAnnotations({ metadata }: PodLike): string[] {
  return Object.entries(metadata?.annotations ?? {})
    .filter(([key, value]) => key.startsWith(annotation) && !allowedValue(value))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .sort();
}

export const appArmorProfile: Check = {
  id: 'appArmorProfile',
  level: 'baseline',
  versions: [
    {
      since: 0,
      check(pod) {
        const type = pod.spec.securityContext?.appArmorProfile?.type;
        const badPod = type !== undefined && !allowedType(type);
        const bad = ({ securityContext }: ReturnType<typeof containersOf>[number]): boolean =>
          securityContext?.appArmorProfile !== undefined && !allowedType(securityContext.appArmorProfile.type);
        const names = namesOf(pod, bad);
        const types = sorted([
          ...(badPod ? [type] : []),
          ...containersOf(pod)
            .filter(bad)
            .map(({ securityContext }) => securityContext?.appArmorProfile?.type ?? ''),
        ]);
        const annotations = forbiddenAnnotations(pod);
        const values = [...types, ...annotations];
        if (values.length === 0) return undefined;
        const setters = [settersNamed(badPod, names), annotations.length > 0 ? plural(annotations.length, 'annotation') : ''].filter(
          Boolean,
        );
        return {
          reason: plural(values.length, 'forbidden AppArmor profile'),
          detail: `${setters.join(' and ')} must not set AppArmor profile type to ${quoted(values)}`,
        };
      },
    },
  ],
};
