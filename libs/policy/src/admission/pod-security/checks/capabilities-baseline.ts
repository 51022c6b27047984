import { type Check, containersNamed, containersOf, quoted, sorted } from '../check.ts';

/** Docker's default set without NET_RAW. */
const allowed = new Set([
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
]);

export const capabilitiesBaseline: Check = {
  id: 'capabilities_baseline',
  level: 'baseline',
  versions: [
    {
      since: 0,
      check(pod) {
        const bad = containersOf(pod)
          .map(({ name, securityContext }) => ({ name, added: (securityContext?.capabilities?.add ?? []).filter((c) => !allowed.has(c)) }))
          .filter(({ added }) => added.length > 0);
        if (bad.length === 0) return undefined;
        const capabilities = quoted(sorted(bad.flatMap(({ added }) => added)));
        return {
          reason: 'non-default capabilities',
          detail: `${containersNamed(bad.map(({ name }) => name))} must not include ${capabilities} in securityContext.capabilities.add`,
        };
      },
    },
  ],
};
