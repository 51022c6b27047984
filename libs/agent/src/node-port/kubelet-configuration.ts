import { goDuration } from '#base';
import type { Amounts, NodeSettings, Signal } from '../node-settings.ts';

export interface ConfigurationFacts {
  settings: NodeSettings;
  port: number;
  cgroupRoot: string;
  clusterDns: readonly string[];
  clusterDomain: string;
}

/** kubelet.config.k8s.io/v1beta1, KubeletConfiguration: what this node is run with, in the kubelet's words. */
export function kubeletConfiguration({ settings, port, cgroupRoot, clusterDns, clusterDomain }: ConfigurationFacts): object {
  const { logs, imageGc, staticPods, shutdown } = settings;
  return {
    kind: 'KubeletConfiguration',
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    ...(staticPods.path && { staticPodPath: staticPods.path }),
    fileCheckFrequency: goDuration(staticPods.checkMs),
    port,
    clusterDomain,
    clusterDNS: clusterDns,
    nodeStatusUpdateFrequency: '10s',
    nodeStatusReportFrequency: '5m0s',
    nodeLeaseDurationSeconds: 40,
    imageMinimumGCAge: goDuration(imageGc.minimumAgeMs),
    imageMaximumGCAge: goDuration(imageGc.maximumAgeMs),
    imageGCHighThresholdPercent: imageGc.highPercent,
    imageGCLowThresholdPercent: imageGc.lowPercent,
    cgroupRoot,
    cgroupsPerQOS: true,
    cgroupDriver: 'cgroupfs',
    cpuManagerPolicy: 'none',
    memoryManagerPolicy: 'None',
    topologyManagerPolicy: 'none',
    maxPods: 110,
    podPidsLimit: settings.podMaxPids || -1,
    allowedUnsafeSysctls: settings.unsafeSysctls,
    ...evictionOf(settings),
    containerLogMaxSize: String(logs.maxBytes),
    containerLogMaxFiles: logs.maxFiles,
    // What is reserved for whom is not told apart.
    systemReserved: reservedOf(settings.reserved),
    enforceNodeAllocatable: ['pods'],
    enableSystemLogHandler: true,
    enableSystemLogQuery: settings.systemLogQuery,
    shutdownGracePeriodByPodPriority: shutdown.map(({ priority, graceMs }) => ({ priority, shutdownGracePeriodSeconds: graceMs / 1000 })),
  };
}

function evictionOf(settings: NodeSettings): object {
  const text = (value: { amount: number } | { share: number }): string =>
    'share' in value ? `${Math.round(value.share * 1e4) / 100}%` : String(value.amount);
  const bySignal = <T>(entries: Iterable<readonly [Signal, T]>, write: (value: T) => string): Record<string, string> =>
    Object.fromEntries([...entries].map(([signal, value]) => [signal, write(value)]));
  const { evictionHard: hard, evictionSoft: soft } = settings;
  return {
    evictionHard: bySignal(
      hard.map(({ signal, value }) => [signal, value]),
      text,
    ),
    ...(soft.length > 0 && {
      evictionSoft: bySignal(
        soft.map(({ signal, value }) => [signal, value]),
        text,
      ),
      evictionSoftGracePeriod: bySignal(
        soft.map(({ signal, graceMs }) => [signal, graceMs]),
        goDuration,
      ),
    }),
    evictionPressureTransitionPeriod: goDuration(settings.pressureTransitionMs),
    evictionMaxPodGracePeriod: Number.isFinite(settings.maxPodGraceMs) ? settings.maxPodGraceMs / 1000 : -1,
    ...(settings.minimumReclaim.size > 0 && { evictionMinimumReclaim: bySignal(settings.minimumReclaim, text) }),
  };
}

function reservedOf({ cpuMillis, memoryBytes, ephemeralBytes, pids }: Amounts): Record<string, string> {
  const amounts = { cpu: `${cpuMillis}m`, memory: String(memoryBytes), 'ephemeral-storage': String(ephemeralBytes), pid: String(pids) };
  return Object.fromEntries(Object.entries(amounts).filter(([, text]) => Number.parseInt(text, 10) > 0));
}
