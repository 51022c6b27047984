import { join } from 'node:path';
import { addressIn, type ClusterSettings } from './cluster-settings.ts';

/** Where the files of a cluster lie (docs/architecture.md, "Files of a cluster"). */
export function layoutOf(home: string) {
  const at = (...parts: string[]): string => join(home, ...parts);
  return {
    home,
    settings: at('cluster.json'),
    kubeconfig: at('kubeconfig'),
    admission: at('admission.yaml'),
    /** Logins of the cluster's registry, and the same file as `docker --config` looks for it. */
    auth: at('auth.json'),
    dockerConfig: at('config.json'),
    prometheusConfig: at('prometheus.yml'),
    /** For builds of Prometheus with Kubernetes discovery, which Debian's is not. */
    prometheusKubernetesConfig: at('prometheus-kubernetes.yml'),
    prometheusNodes: at('prometheus-nodes.json'),
    prometheusToken: at('prometheus.token'),
    pki: at('pki'),
    certificate: (part: string) => at('pki', `${part}.crt`),
    key: (part: string) => at('pki', `${part}.key`),
    sealKey: at('pki', 'seal.key'),
    redisPassword: at('pki', 'redis.password'),
    registryPasswords: at('pki', 'registry.htpasswd'),
    redis: at('redis'),
    redisConfig: at('redis', 'redis.conf'),
    redisSocket: at('redis', 'redis.sock'),
    registry: at('registry'),
    build: at('build'),
    logs: at('logs'),
    log: (part: string) => at('logs', `${part}.log`),
    run: at('run'),
    pidFile: (part: string) => at('run', `${part}.pid`),
    nodes: at('nodes'),
    node: (node: string) => ({
      root: at('nodes', node),
      pidFile: at('nodes', node, 'agent.pid'),
      log: at('nodes', node, 'agent.log'),
      namespaces: at('nodes', node, 'ns'),
      mountNamespace: at('nodes', node, 'ns', 'mnt'),
      networkNamespace: at('nodes', node, 'ns', 'net'),
      pki: at('nodes', node, 'pki'),
      certificate: at('nodes', node, 'pki', 'agent.crt'),
      key: at('nodes', node, 'pki', 'agent.key'),
      proxyCertificate: at('nodes', node, 'pki', 'proxy.crt'),
      proxyKey: at('nodes', node, 'pki', 'proxy.key'),
      /** Seconds that the agent gives its pods when it gets SIGUSR2. */
      shutdown: at('nodes', node, 'shutdown'),
      /** Present while `berth node stop` holds: the supervisor leaves the node down. */
      stopped: at('nodes', node, 'stopped'),
    }),
  };
}

export type Layout = ReturnType<typeof layoutOf>;

/** Ports of DESIGN.md section 12, moved by the offset. */
export function portsOf({ portOffset }: Pick<ClusterSettings, 'portOffset'>) {
  return {
    api: 6443 + portOffset,
    grpc: 6444 + portOffset,
    registry: 5000 + portOffset,
    registryMetrics: 5001 + portOffset,
    scheduler: 10259 + portOffset,
    controllerManager: 10257 + portOffset,
    agent: 10250 + portOffset,
  };
}

export interface NodePlace {
  name: string;
  ip: string;
}

/** Nodes of the cluster: `<name>-1` at the 11th address of the node network, and so on; the host's bridge has the first. */
export function nodesOf(settings: ClusterSettings): NodePlace[] {
  return Array.from({ length: settings.nodes }, (_, i) => ({
    name: `${settings.name}-${i + 1}`,
    ip: addressIn(settings.nodeCidr, 11 + i),
  }));
}

export function bridgeOf(settings: ClusterSettings): { name: string; address: string; prefixLength: number } {
  return { name: `${settings.name}-br`, address: addressIn(settings.nodeCidr, 1), prefixLength: Number(settings.nodeCidr.split('/')[1]) };
}

/** The cluster DNS address: the tenth of the service range, as Kubernetes installers have it. */
export function dnsAddressOf({ serviceCidr }: Pick<ClusterSettings, 'serviceCidr'>): string {
  return addressIn(serviceCidr, 10);
}

/** The path under each cgroup hierarchy that holds everything a node runs. */
export function cgroupOf(settings: Pick<ClusterSettings, 'name'>, node?: string): string {
  return node ? `/${settings.name}/${node}` : `/${settings.name}`;
}
