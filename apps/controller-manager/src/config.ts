import { parseArgs } from 'node:util';
import { type ClientConfig, clientConfig, clientFlags, durationFlag, fileFlag, listFlag, numberFlag } from '#base';

/** Flags of the controller-manager; docs/architecture.md, "Processes and their flags". */
export interface ControllerManagerConfig extends ClientConfig {
  /** Who holds the lease; undefined: a name that no other process has. */
  electionIdentity: string | undefined;
  /** PEM that pods verify the api-server with. */
  rootCa: string;
  /** PEM of the key that signs tokens for Secrets. */
  serviceAccountKey: string | undefined;
  clusterCidrs: { cidr: string; nodeMaskSize: number }[];
  /** Where LoadBalancer services get their addresses; none: from another controller. */
  loadBalancerCidrs: string[];
  nodeMonitorGraceMs: number;
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
      'node-monitor-grace-period': { type: 'string', default: '40s' },
      'leader-elect-identity': { type: 'string' },
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
    clusterCidrs: listFlag(values['cluster-cidr']).map((cidr) => ({
      cidr,
      nodeMaskSize: cidr.includes(':') ? maskSizes.ipv6 : maskSizes.ipv4,
    })),
    loadBalancerCidrs: listFlag(values['load-balancer-cidr']),
    nodeMonitorGraceMs: durationFlag('node-monitor-grace-period', values['node-monitor-grace-period']),
  };
}
