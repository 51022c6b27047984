import { RuntimeError } from '#runtime/contract';
import type { HostConfig } from './settings.ts';

/** Of the namespace of System V and POSIX messages: ipc_namespaces(7). */
const ofIpc = new Set(
  ['msgmax', 'msgmnb', 'msgmni', 'sem', 'shmall', 'shmmax', 'shmmni', 'shm_rmid_forced'].map((name) => `kernel.${name}`),
);

/** As Docker sets them where the network is the container's own: ports below 1024 and pings need no capability. */
const ofEveryNetwork = { 'net.ipv4.ip_unprivileged_port_start': '0', 'net.ipv4.ping_group_range': '0 2147483647' };

/** What is not the machine's, nor another container's. */
export interface OwnNamespaces {
  network: boolean;
  name: boolean;
}

/** Those that are a namespace's of the container; any other would be the machine's. Throws with runc's words, which people know. */
export function sysctlsOf({ Sysctls: asked = {}, IpcMode: ipc }: HostConfig, domain: string, own: OwnNamespaces): Record<string, string> {
  const refused = (words: string): RuntimeError => new RuntimeError('start-failed', words);
  for (const given of Object.keys(asked)) {
    // The first sign separates: sysctl(8).
    const isSlashed = /[./]/.exec(given)?.[0] === '/';
    const name = isSlashed ? given.replaceAll(/[./]/g, (sign) => (sign === '.' ? '/' : '.')) : given;
    if (name.split(/[./]/).some((part) => part === '')) throw refused(`invalid sysctl "${given}"`);
    if (ofIpc.has(name) || name.startsWith('fs.mqueue.')) {
      if (ipc === 'host' || ipc.startsWith('container:')) throw refused(`sysctl "${name}" is not allowed in the hosts ipc namespace`);
    } else if (name.startsWith('net.')) {
      if (!own.network) throw refused(`sysctl "${name}" not allowed in host network namespace`);
    } else if (name === 'kernel.hostname') {
      throw refused(`sysctl "${name}" is not allowed as it conflicts with the OCI "hostname" field`);
    } else if (name !== 'kernel.domainname' || !own.name) {
      throw refused(`sysctl "${name}" is not in a separate kernel namespace`);
    }
  }
  return {
    ...(own.network && ofEveryNetwork),
    ...(domain !== '' && own.name && { 'kernel.domainname': domain }),
    ...asked,
  };
}
