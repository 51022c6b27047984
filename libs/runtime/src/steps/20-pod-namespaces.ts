import { existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pinNamespaces, setHostname, unpinNamespace } from '../host/index.ts';
import { endPodPidNamespace } from './35-pod-pid-namespace.ts';
import type { SandboxContext } from './sandbox-context.ts';
import type { Step } from './step.ts';

/** No pause process keeps the namespaces of a pod: each is pinned by a bind mount of its file. */
export const podNamespaces: Step<SandboxContext> = {
  name: 'pod-namespaces',
  source: 'namespaces(7), "Namespace lifetime"; OCI runtime-spec, config-linux.md, "Namespaces"',
  async apply({ spec, paths }) {
    if (hasNamespaces({ spec, paths })) return;
    const wanted = namespacesOf({ spec, paths });
    for (const path of Object.values(wanted)) if (existsSync(path)) await unpinNamespace(path);
    pinNamespaces(wanted, () => {
      if (!spec.hostNetwork) setHostname(spec.hostname);
      for (const [name, value] of Object.entries(spec.sysctls ?? {})) writeFileSync(sysctlPath(name), value);
    });
  },
  async revert({ paths }) {
    await endPodPidNamespace(paths);
    for (const path of [paths.net, paths.uts, paths.ipc]) await unpinNamespace(path);
  },
};

/** With the host's network a pod has the host's name too (Kubernetes, `hostNetwork`). */
function namespacesOf({ spec, paths }: Pick<SandboxContext, 'spec' | 'paths'>): { ipc: string; net?: string; uts?: string } {
  return { ipc: paths.ipc, ...(!spec.hostNetwork && { net: paths.net, uts: paths.uts }) };
}

/** A pod whose namespaces are pinned no longer is as dead as after a restart of the machine: files outlive it, mounts do not. */
export const hasNamespaces = (sandbox: Pick<SandboxContext, 'spec' | 'paths'>): boolean =>
  Object.values(namespacesOf(sandbox)).every(isPinned);

export const isPinned = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.dev === statSync('/proc/self/ns/net').dev;

/** `net.ipv4.conf.eth0/1.forwarding` and `net/ipv4/conf/eth0.1/forwarding`: the first sign separates, as for sysctl(8). Throws for what is no such name. */
export function sysctlPath(name: string): string {
  const [separator] = /[./]/.exec(name) ?? [];
  const path = separator === '.' ? name.replaceAll(/[./]/g, (sign) => (sign === '.' ? '/' : '.')) : name;
  if (path.split('/').some((part) => part === '' || part === '.' || part === '..'))
    throw new Error(`invalid sysctl ${JSON.stringify(name)}`);
  return join('/proc/sys', path);
}
