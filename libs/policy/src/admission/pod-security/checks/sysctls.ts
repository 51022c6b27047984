import type { Check, CheckPod } from '../check.ts';

/** Namespaced, and apart from other pods: Kubernetes, "Using sysctls", the safe set. By the version that added them. */
const added: readonly [number, readonly string[]][] = [
  [
    0,
    [
      'kernel.shm_rmid_forced',
      'net.ipv4.ip_local_port_range',
      'net.ipv4.tcp_syncookies',
      'net.ipv4.ping_group_range',
      'net.ipv4.ip_unprivileged_port_start',
    ],
  ],
  [27, ['net.ipv4.ip_local_reserved_ports']],
  [29, ['net.ipv4.tcp_keepalive_time', 'net.ipv4.tcp_fin_timeout', 'net.ipv4.tcp_keepalive_intvl', 'net.ipv4.tcp_keepalive_probes']],
  [32, ['net.ipv4.tcp_rmem', 'net.ipv4.tcp_wmem']],
];

function checkSince(version: number): CheckPod {
  const allowed = new Set(added.filter(([since]) => since <= version).flatMap(([, names]) => names));
  return ({ spec }) => {
    const bad = (spec.securityContext?.sysctls ?? []).map(({ name }) => name).filter((name) => !allowed.has(name));
    return bad.length > 0 ? { reason: 'forbidden sysctls', detail: bad.join(', ') } : undefined;
  };
}

export const sysctls: Check = {
  id: 'sysctls',
  level: 'baseline',
  versions: added.map(([since]) => ({ since, check: checkSince(since) })),
};
