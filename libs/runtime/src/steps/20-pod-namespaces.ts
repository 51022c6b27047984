import { existsSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { bindMount, pinNamespaces, setHostname, unpinNamespace } from '../host/index.ts';
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
    const { net, ipc, uts } = wanted;
    const joined = joinedBy({ spec, paths });
    const own = { ...(net && !joined.net && { net }), ...(!joined.ipc && { ipc }), ...(uts && { uts }) };
    pinNamespaces(own, () => {
      if (uts) setHostname(spec.hostname);
      for (const [name, value] of Object.entries(spec.sysctls ?? {})) writeFileSync(sysctlPath(name), value);
    });
    for (const kind of ['net', 'ipc'] as const) {
      const other = joined[kind];
      if (!other) continue;
      writeFileSync(wanted[kind]!, '', { mode: 0o444 });
      bindMount(other, wanted[kind]!);
    }
  },
  async revert({ paths }) {
    await endPodPidNamespace(paths);
    for (const path of [paths.net, paths.uts, paths.ipc]) await unpinNamespace(path);
  },
};

/** With the host's network a pod has the host's name too (Kubernetes, `hostNetwork`), unless told otherwise. */
export const hasOwnName = ({ hostNetwork, uts }: SandboxContext['spec']): boolean => (uts ?? (hostNetwork ? 'host' : 'own')) === 'own';

function namespacesOf({ spec, paths }: Pick<SandboxContext, 'spec' | 'paths'>): { ipc: string; net?: string; uts?: string } {
  return { ipc: paths.ipc, ...(!spec.hostNetwork && { net: paths.net }), ...(hasOwnName(spec) && { uts: paths.uts }) };
}

/** Namespaces of other sandboxes: they lie beside its own. */
function joinedBy({ spec: { joins }, paths }: Pick<SandboxContext, 'spec' | 'paths'>): { net?: string; ipc?: string } {
  const of = (id: string, kind: string): string => join(dirname(paths.dir), id, kind);
  return {
    ...(joins?.network !== undefined && { net: of(joins.network, 'net') }),
    ...(joins?.ipc !== undefined && { ipc: of(joins.ipc, 'ipc') }),
  };
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
