import { parseArgs } from 'node:util';
import type { KeyPairPem } from '#pki';
import { type ClientConfig, clientConfig, clientFlags, durationFlag, featureGates, fileFlag, FlagError, listFlag, numberFlag } from '#base';
import type { AutoscalerSettings } from '#controllers';

/** Flags of the controller-manager; docs/architecture.md, "Processes and their flags". */
export interface ControllerManagerConfig extends ClientConfig {
  /** Who holds the lease; undefined: a name that no other process has. */
  electionIdentity: string | undefined;
  /** PEM that pods verify the api-server with. */
  rootCa: string;
  /** PEM of the key that signs tokens for Secrets. */
  serviceAccountKey: string | undefined;
  /** What the built-in signers sign with. Nobody else reads the key. */
  signing?: { authority: KeyPairPem; maxSeconds: number };
  clusterCidrs: { cidr: string; nodeMaskSize: number }[];
  /** Where LoadBalancer services get their addresses; none: from another controller. */
  loadBalancerCidrs: string[];
  nodeMonitorGraceMs: number;
  autoscaler: AutoscalerSettings;
}

export async function readConfig(args: readonly string[]): Promise<ControllerManagerConfig> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...clientFlags,
      'bind-address': { type: 'string', default: '127.0.0.1' },
      'secure-port': { type: 'string', default: '10257' },
      'cluster-cidr': { type: 'string', default: '10.244.0.0/16' },
      'node-cidr-mask-size': { type: 'string', default: '24' },
      'node-cidr-mask-size-ipv6': { type: 'string', default: '64' },
      'load-balancer-cidr': { type: 'string', default: '' },
      'root-ca-file': { type: 'string' },
      'service-account-private-key-file': { type: 'string' },
      'cluster-signing-cert-file': { type: 'string' },
      'cluster-signing-key-file': { type: 'string' },
      'cluster-signing-duration': { type: 'string', default: '8760h' },
      'node-monitor-grace-period': { type: 'string', default: '40s' },
      'leader-elect-identity': { type: 'string' },
      'horizontal-pod-autoscaler-sync-period': { type: 'string', default: '15s' },
      'horizontal-pod-autoscaler-downscale-stabilization': { type: 'string', default: '5m' },
      'horizontal-pod-autoscaler-tolerance': { type: 'string', default: '0.1' },
      'horizontal-pod-autoscaler-cpu-initialization-period': { type: 'string', default: '5m' },
      'horizontal-pod-autoscaler-initial-readiness-delay': { type: 'string', default: '30s' },
      'feature-gates': { type: 'string', default: '' },
    },
  });
  const rootCa = await fileFlag('root-ca-file', values['root-ca-file'] ?? values['ca-file']);
  const keyFile = values['service-account-private-key-file'];
  const maskSizes = {
    ipv4: numberFlag('node-cidr-mask-size', values['node-cidr-mask-size']),
    ipv6: numberFlag('node-cidr-mask-size-ipv6', values['node-cidr-mask-size-ipv6']),
  };
  return {
    ...(await clientConfig(values)),
    electionIdentity: values['leader-elect-identity'],
    rootCa,
    serviceAccountKey: keyFile && (await fileFlag('service-account-private-key-file', keyFile)),
    ...(await signingOf(values)),
    clusterCidrs: listFlag(values['cluster-cidr']).map((cidr) => ({
      cidr,
      nodeMaskSize: cidr.includes(':') ? maskSizes.ipv6 : maskSizes.ipv4,
    })),
    loadBalancerCidrs: listFlag(values['load-balancer-cidr']),
    nodeMonitorGraceMs: durationFlag('node-monitor-grace-period', values['node-monitor-grace-period']),
    autoscaler: autoscalerSettings(values),
  };
}

type AutoscalerFlags = Record<
  | `horizontal-pod-autoscaler-${'sync-period' | 'downscale-stabilization' | 'tolerance' | 'cpu-initialization-period' | 'initial-readiness-delay'}`
  | 'feature-gates',
  string
>;

/** Throws FlagError. */
function autoscalerSettings(values: AutoscalerFlags): AutoscalerSettings {
  const duration = (name: 'sync-period' | 'downscale-stabilization' | 'cpu-initialization-period' | 'initial-readiness-delay'): number =>
    durationFlag(`horizontal-pod-autoscaler-${name}`, values[`horizontal-pod-autoscaler-${name}`]);
  const tolerance = Number(values['horizontal-pod-autoscaler-tolerance']);
  if (!(tolerance >= 0)) throw new FlagError('--horizontal-pod-autoscaler-tolerance: must be a number that is not below 0');
  const syncPeriodMs = duration('sync-period');
  if (syncPeriodMs < 1_000) throw new FlagError('--horizontal-pod-autoscaler-sync-period: must not be below 1s');
  return {
    syncPeriodMs,
    downscaleStabilizationMs: duration('downscale-stabilization'),
    tolerance,
    cpuInitializationMs: duration('cpu-initialization-period'),
    initialReadinessDelayMs: duration('initial-readiness-delay'),
    scaleToZero: featureGates(values['feature-gates'], ['HPAScaleToZero']).has('HPAScaleToZero'),
  };
}

interface SigningFlags {
  'cluster-signing-cert-file'?: string;
  'cluster-signing-key-file'?: string;
  'cluster-signing-duration': string;
}

/** Both files or neither. */
async function signingOf(flags: SigningFlags): Promise<Pick<ControllerManagerConfig, 'signing'>> {
  const [certificateFile, keyFile] = [flags['cluster-signing-cert-file'], flags['cluster-signing-key-file']];
  if (!certificateFile && !keyFile) return {};
  const [certificate, key] = await Promise.all([
    fileFlag('cluster-signing-cert-file', certificateFile),
    fileFlag('cluster-signing-key-file', keyFile),
  ]);
  const maxSeconds = durationFlag('cluster-signing-duration', flags['cluster-signing-duration']) / 1000;
  return { signing: { authority: { certificate, key }, maxSeconds } };
}
