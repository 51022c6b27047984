import { type Check, containersNamed, containersOf, plural, sorted } from '../check.ts';

export const hostPorts: Check = {
  id: 'hostPorts',
  level: 'baseline',
  versions: [
    {
      since: 0,
      check(pod) {
        const bad = containersOf(pod)
          .map(({ name, ports }) => ({ name, taken: (ports ?? []).flatMap(({ hostPort }) => (hostPort ? [String(hostPort)] : [])) }))
          .filter(({ taken }) => taken.length > 0);
        if (bad.length === 0) return undefined;
        const ports = sorted(bad.flatMap(({ taken }) => taken));
        const use = plural(bad.length, 'uses', 'use');
        return {
          reason: 'hostPort',
          detail: `${containersNamed(bad.map(({ name }) => name))} ${use} ${plural(ports.length, 'hostPort')} ${ports.join(', ')}`,
        };
      },
    },
  ],
};
