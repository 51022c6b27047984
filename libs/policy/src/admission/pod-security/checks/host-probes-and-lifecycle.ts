import type { LifecycleHandler, Probe } from '#api/types';
import { type Check, containersNamed, containersOf, plural, quoted, sorted } from '../check.ts';

type Handler = Pick<Probe & LifecycleHandler, 'httpGet' | 'tcpSocket'>;
const hostsOf = (handler: Handler | undefined): string[] =>
  [handler?.httpGet?.host, handler?.tcpSocket?.host].filter((host) => host !== undefined && host !== '') as string[];

/** A probe of another host makes the node send requests for the pod (KEP-4940). */
export const hostProbesAndLifecycle: Check = {
  id: 'hostProbesAndHostLifecycle',
  level: 'baseline',
  versions: [
    {
      since: 34,
      check(pod) {
        const bad = containersOf(pod)
          .map(({ name, livenessProbe, readinessProbe, startupProbe, lifecycle }) => ({
            name,
            hosts: [livenessProbe, readinessProbe, startupProbe, lifecycle?.postStart, lifecycle?.preStop].flatMap((handler) =>
              hostsOf(handler),
            ),
          }))
          .filter(({ hosts }) => hosts.length > 0);
        if (bad.length === 0) return undefined;
        const names = sorted(bad.map(({ name }) => name));
        const hosts = sorted(bad.flatMap((each) => each.hosts));
        const use = plural(names.length, 'uses', 'use');
        return {
          reason: 'probe or lifecycle host',
          detail: `${containersNamed(names)} ${use} ${plural(hosts.length, 'probe or lifecycle host')} ${quoted(hosts)}`,
        };
      },
    },
  ],
};
