import { capabilities as all } from '../capabilities.contract.ts';

/** What a container gets without being asked: the list of containerd and Docker. */
const defaults = `CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE`
  .split(' ')
  .map((name) => `CAP_${name}`);

/** Names of the bits of a mask as /proc/PID/status writes it. */
export function capabilitiesOf(hexMask: string): string[] {
  const mask = BigInt(`0x${hexMask.trim()}`);
  return all.filter((_name, bit) => (mask >> BigInt(bit)) & 1n);
}

/**
 * Kubernetes' and the CRI's rule: start from the default list, drop, add; `ALL` in either stands for every capability; a name may come
 * without `CAP_`. What this process may not hand on (`held`) is left out when `ALL` or `privileged` asked for it.
 */
export function grantedCapabilities(
  { add, drop }: { add: readonly string[]; drop: readonly string[] },
  { privileged, held }: { privileged: boolean; held: readonly string[] },
): string[] {
  if (privileged) return [...held];
  const spelled = (names: readonly string[]): string[] =>
    names.map((name) => name.toUpperCase()).map((name) => (name === 'ALL' || name.startsWith('CAP_') ? name : `CAP_${name}`));
  const [added, dropped] = [spelled(add), spelled(drop)];
  const base = added.includes('ALL') ? held : defaults;
  const kept = dropped.includes('ALL') ? [] : base.filter((name) => !dropped.includes(name));
  return [...new Set([...kept, ...added.filter((name) => name !== 'ALL')])];
}
