import { join } from 'node:path';
import { addressAt } from '#api';
import type { ClusterSettings } from './cluster-settings.ts';
import { isIpv4Range, offsets, rangesOf } from './networks.ts';

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
      /** Static pods: each file that is put here is a pod of the node. */
      manifests: at('nodes', node, 'manifests'),
      /** Seconds that the agent gives its pods when it gets SIGUSR2. */
      shutdown: at('nodes', node, 'shutdown'),
      /** Present while `berth node stop` holds: the supervisor leaves the node down. */
      stopped: at('nodes', node, 'stopped'),
    }),
  };
}

/** Every path of a cluster; nothing here says whether the file is there. */
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
    ingressHttp: 80 + portOffset,
    ingressHttps: 443 + portOffset,
  };
}

/** A node and its addresses on the node network. They follow from its number, so they are the same after each start. */
export interface NodePlace {
  name: string;
  /** By which this machine speaks to it: IPv4. */
  ip: string;
  /** All of them, the primary one first. */
  ips: readonly string[];
}

/** Nodes of the cluster: `<name>-1` at the 11th address of the node network, and so on; the host's bridge has the first. */
export function nodesOf(settings: Pick<ClusterSettings, 'name' | 'nodes' | 'nodeCidr'>): NodePlace[] {
  const ranges = rangesOf(settings.nodeCidr);
  return Array.from({ length: settings.nodes }, (_, i) => ({
    name: `${settings.name}-${i + 1}`,
    ip: addressAt(ranges.find(isIpv4Range)!, offsets.firstNode + i),
    ips: ranges.map((range) => addressAt(range, offsets.firstNode + i)),
  }));
}

/** The host's end of the node network. */
export interface Bridge {
  name: string;
  /** IPv4. */
  address: string;
  /** One a family. */
  addresses: readonly string[];
}

/** It has the first address of each range and the cluster's name, so two clusters on one machine do not meet. */
export function bridgeOf({ name, nodeCidr }: Pick<ClusterSettings, 'name' | 'nodeCidr'>): Bridge {
  const ranges = rangesOf(nodeCidr);
  return {
    name: `${name}-br`,
    address: addressAt(ranges.find(isIpv4Range)!, offsets.bridge),
    addresses: ranges.map((range) => addressAt(range, offsets.bridge)),
  };
}

/** An address of the node network as `ip addr` takes it. Nobody else gives addresses there, so nobody need be asked (RFC 4862, 5.4). */
export function onNodeNetwork(ip: string, { nodeCidr }: Pick<ClusterSettings, 'nodeCidr'>): string {
  const range = rangesOf(nodeCidr).find((each) => isIpv4Range(each) === isIpv4Range(ip))!;
  return `${ip}/${range.split('/')[1]!}${isIpv4Range(ip) ? '' : ' nodad'}`;
}

/** The cluster DNS addresses: the tenth of each service range, as Kubernetes installers have it. */
export function dnsAddressesOf({ serviceCidr }: Pick<ClusterSettings, 'serviceCidr'>): string[] {
  return rangesOf(serviceCidr).map((range) => addressAt(range, 10));
}

/** The path under each cgroup hierarchy that holds everything a node runs. */
export function cgroupOf(settings: Pick<ClusterSettings, 'name'>, node?: string): string {
  return node ? `/${settings.name}/${node}` : `/${settings.name}`;
}
