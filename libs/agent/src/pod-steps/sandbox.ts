import { mkdirSync, writeFileSync } from 'node:fs';
import type { Pod } from '#api/types';
import { systemReason } from '#base';
import { isStaticPod } from '#objects';
import type { AgentContext } from '../context.ts';
import { podLabels } from '../container-plan.ts';
import { hostnameOf, hostsFile, resolvConf } from '../pod-files-plan.ts';
import type { PodPaths } from '../pod-paths.ts';
import { podCgroupPath, podResources } from '../resources-plan.ts';
import { checkRuntimeHandler } from '../runtime-handlers.ts';
import { PrepareError } from './errors.ts';

/** Containers may write into these files: more than this fits into none of them, and nothing of it gets to the node's disk. */
const FILES_BYTES = 4 * 2 ** 20;

export type SandboxNode = Pick<
  AgentContext,
  'api' | 'runtime' | 'network' | 'policies' | 'mounts' | 'dns' | 'settings' | 'nodeName' | 'nodeIps' | 'cgroupRoot' | 'hostHosts'
>;

/**
 * Namespaces, cgroup, address and the files of /etc that every container of the pod sees. Idempotent. Answers the pod's addresses.
 * Throws PrepareError.
 */
export async function prepareSandbox(context: SandboxNode, pod: Pod, paths: PodPaths): Promise<readonly string[]> {
  try {
    return await makeSandbox(context, pod, paths);
  } catch (err) {
    throw new PrepareError('FailedCreatePodSandBox', `Failed to create pod sandbox: ${systemReason(err)}`, { cause: err });
  }
}

async function makeSandbox(context: SandboxNode, pod: Pod, paths: PodPaths): Promise<readonly string[]> {
  if (pod.spec.hostUsers === false) throw new Error("can't set `spec.hostUsers: false`, runtime does not support user namespaces");
  await checkRuntimeHandler(context.api, pod);
  const { runtime, network, policies, dns, settings } = context;
  const id = pod.metadata.uid ?? '';
  const hostNetwork = pod.spec.hostNetwork ?? false;
  const hostname = hostNetwork ? context.nodeName : hostnameOf(pod, dns.clusterDomain).hostname;
  // Beside the sandbox, which takes longer.
  const known = hostNetwork ? undefined : isStaticPod(pod) ? policies.standing : policies.caughtUp(pod.metadata.namespace ?? '');
  known?.catch(() => undefined); // told below
  mkdirSync(paths.dir, { recursive: true, mode: 0o750 });
  const sandbox = await runtime.createSandbox({
    id,
    hostname,
    cgroupPath: podCgroupPath(context.cgroupRoot, pod),
    hostNetwork,
    labels: podLabels(pod),
    sysctls: Object.fromEntries((pod.spec.securityContext?.sysctls ?? []).map(({ name, value }) => [name, value])),
    resources: { ...podResources(pod), ...(settings.podMaxPids > 0 && { pidsLimit: settings.podMaxPids }) },
  });
  await known;
  const { ips } = sandbox.netnsPath ? await network.attach({ sandboxId: id, netnsPath: sandbox.netnsPath }) : { ips: context.nodeIps };
  if (sandbox.netnsPath) await policies.admit(pod, ips);
  context.mounts.tmpfs(paths.files, { mode: 0o755, sizeBytes: FILES_BYTES });
  // Small files: a hop to the thread pool and back costs several times what the system calls do.
  writeFileSync(paths.hosts, hostsFile(pod, { ips, hostHosts: context.hostHosts, clusterDomain: dns.clusterDomain }), { mode: 0o644 });
  writeFileSync(paths.resolvConf, resolvConf(pod, dns), { mode: 0o644 });
  writeFileSync(paths.hostname, `${hostname}\n`, { mode: 0o644 });
  return ips;
}

/** Idempotent. The pod's files are left: its logs are still asked for. */
export async function removeSandbox(context: Pick<AgentContext, 'runtime' | 'network' | 'policies'>, uid: string): Promise<void> {
  await Promise.all([context.network.detach(uid), context.policies.release(uid)]);
  await context.runtime.removeSandbox(uid);
}
