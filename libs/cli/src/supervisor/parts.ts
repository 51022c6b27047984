import { join } from 'node:path';
import type { ClusterSettings } from './cluster-settings.ts';
import { addressAt } from '#api';
import { bridgeOf, cgroupOf, dnsAddressesOf, type Layout, type NodePlace, portsOf } from './layout.ts';
import { poolsOf } from './load-balancer-pool.ts';
import { isIpv4Range, rangesOf } from './networks.ts';

/** One process that the supervisor keeps running. */
export interface Part {
  name: string;
  command: readonly [string, ...string[]];
  pidFile: string;
  log: string;
  /** Added to the supervisor's own environment. */
  environment: Readonly<Record<string, string>>;
  /** Opened for the process as descriptors 3, 4, …: what lies where it cannot look. */
  files?: readonly string[];
  /** Set for agents: the node whose namespaces the process enters. */
  node?: string;
}

export interface PartsInput {
  settings: ClusterSettings;
  layout: Layout;
  /** The folder that holds `dist/` and `node_modules/`. */
  installation: string;
  nodeBinary: string;
}

/** glibc gives each thread an arena of its own, most of it never used again: two are enough for parts that compute in one thread. */
export const partEnvironment = { MALLOC_ARENA_MAX: '2' };
/**
 * V8's young generation, whose default of 16 MiB a part fills once and then keeps: 1 saves 9 to 24 MiB a part that has just started, and
 * starting takes no longer. The api-server has 16, since it allocates with every request and gives it back when it is idle
 * (`collectWhenIdle`, which needs the collector): docs/performance.md, "Memory".
 */
export const nodeFlags = (name: string): string[] => [`--max-semi-space-size=${name === 'api-server' ? 16 : 1}`, '--expose-gc'];

/** Redis, unless an external one is used, the four control-plane parts and the registry, in the order in which they start. */
export function controlPlaneParts(input: PartsInput): Part[] {
  const { settings, layout } = input;
  const ports = portsOf(settings);
  const { addresses } = bridgeOf(settings);
  const hosts = ['127.0.0.1', ...addresses].join();
  // The Service `kubernetes` has the first family of services, and so its endpoints.
  const isOfServices = (ip: string): boolean => isIpv4Range(ip) === isIpv4Range(settings.serviceCidr);
  const part = (name: string, command: readonly [string, ...string[]]): Part => ({
    name,
    command,
    environment: partEnvironment,
    pidFile: layout.pidFile(name),
    log: layout.log(name),
  });
  const redis = settings.redisUrl ? [] : [part('redis', ['redis-server', layout.redisConfig])];
  const store = settings.redisUrl
    ? { 'redis-url': settings.redisUrl }
    : { 'redis-url': `unix://${layout.redisSocket}`, 'redis-password-file': layout.redisPassword };
  const client = (name: string): Record<string, string> => ({
    server: `127.0.0.1:${ports.grpc}`,
    'ca-file': layout.certificate('ca'),
    'cert-file': layout.certificate(name),
    'key-file': layout.key(name),
    'bind-address': hosts,
  });
  // One process of each under one supervisor: what is started again holds the lease of the one that ended, and need not wait for it.
  const elected = (name: string): Record<string, string> => ({ ...client(name), 'leader-elect-identity': `${settings.name}_${name}` });
  return [
    ...redis,
    part(
      'api-server',
      appCommand(input, 'api-server', {
        'bind-address': hosts,
        'secure-port': `${ports.api}`,
        'grpc-port': `${ports.grpc}`,
        'advertise-address': addresses.find(isOfServices),
        'client-ca-file': layout.certificate('ca'),
        'tls-cert-file': layout.certificate('api-server'),
        'tls-private-key-file': layout.key('api-server'),
        'kubelet-client-certificate': layout.certificate('kubelet-client'),
        'kubelet-client-key': layout.key('kubelet-client'),
        'service-account-key-file': layout.key('service-account'),
        'service-account-issuer': `https://kubernetes.default.svc.${settings.clusterDomain}`,
        'service-cluster-ip-range': settings.serviceCidr,
        'service-node-port-range': '30000-32767',
        'load-balancer-cidr': poolsOf(settings).join(),
        ...store,
        'seal-key-file': layout.sealKey,
        'admission-control-config-file': layout.admission,
      }),
    ),
    part('scheduler', appCommand(input, 'scheduler', { ...elected('scheduler'), 'secure-port': `${ports.scheduler}` })),
    part(
      'controller-manager',
      appCommand(input, 'controller-manager', {
        ...elected('controller-manager'),
        'secure-port': `${ports.controllerManager}`,
        'cluster-cidr': settings.podCidr,
        'node-cidr-mask-size': '24',
        'load-balancer-cidr': poolsOf(settings).join(),
        'node-monitor-grace-period': settings.nodeMonitorGracePeriod,
        'root-ca-file': layout.certificate('ca'),
        'service-account-private-key-file': layout.key('service-account'),
        'cluster-signing-cert-file': layout.certificate('ca'),
        'cluster-signing-key-file': layout.key('ca'),
      }),
    ),
    part('registry', appCommand(input, 'registry', { ...client('registry'), ...registryFlags(input) })),
  ];
}

function registryFlags({ settings, layout }: PartsInput): Record<string, string> {
  const ports = portsOf(settings);
  return {
    'root-dir': layout.registry,
    port: `${ports.registry}`,
    'metrics-port': `${ports.registryMetrics}`,
    'htpasswd-file': layout.registryPasswords,
    'anonymous-access': 'pull',
  };
}

/** The agent of a node. It enters the node's pinned mount and network namespaces; its process id is the agent's own, since nsenter executes it. */
export function agentPart(input: PartsInput, node: NodePlace): Part {
  const { settings, layout } = input;
  const files = layout.node(node.name);
  const ports = portsOf(settings);
  const bridge = bridgeOf(settings).address;
  const registry = `http://${bridge}:${ports.registry}`;
  // With the network of the machine, which the agent leaves: published ports are on its loopback too.
  const opened = [layout.certificate('ca'), files.certificate, files.key, files.proxyCertificate, files.proxyKey, '/proc/self/ns/net'];
  const [ca, certificate, key, proxyCertificate, proxyKey, machineNetns] = opened.map((_path, i) => `/proc/self/fd/${i + 3}`);
  const agent = appCommand(input, 'agent', {
    server: `${bridge}:${ports.grpc}`,
    'ca-file': ca,
    'cert-file': certificate,
    'key-file': key,
    'proxy-cert-file': proxyCertificate,
    'proxy-key-file': proxyKey,
    'shared-machine': 'true',
    'machine-share': settings.nodeShare ?? `1/${settings.nodes}`,
    'bind-address': node.ips.join(),
    'secure-port': `${ports.agent}`,
    'node-name': node.name,
    'node-ip': node.ips.join(),
    'root-dir': files.root,
    'pod-manifest-path': files.manifests,
    'cgroup-root': cgroupOf(settings, node.name),
    'interface-prefix': settings.name,
    'nft-table': `${settings.name}_node`, // a bare name may be a word of nft's language, such as `le` or `in`
    'cluster-dns': dnsAddressesOf(settings).join(),
    'cluster-domain': settings.clusterDomain,
    'cluster-cidr': settings.podCidr,
    'service-cluster-ip-range': settings.serviceCidr,
    'load-balancer-cidr': poolsOf(settings).join(),
    'image-pull-guarded': settings.nodeCidr,
    'image-pull-allowed': settings.imagePullAllowed,
    'image-limits': settings.imageLimits,
    'engine-socket': join(files.root, 'docker.sock'),
    'machine-netns': machineNetns,
    'ingress-http-port': `${ports.ingressHttp}`,
    'ingress-https-port': `${ports.ingressHttps}`,
    'registry-mirror': [`registry.berth.local:${ports.registry}=${registry}`, `localhost:${ports.registry}=${registry}`],
  });
  return {
    name: `agent/${node.name}`,
    environment: partEnvironment,
    files: opened,
    node: node.name,
    pidFile: files.pidFile,
    log: files.log,
    command: ['nsenter', `--mount=${files.mountNamespace}`, `--net=${files.networkNamespace}`, '--', ...agent],
  };
}

/** The command line of an application, with the flags that settings give its part. */
export function appCommand(
  {
    nodeBinary,
    installation,
    settings,
  }: Pick<PartsInput, 'nodeBinary' | 'installation'> & { settings: Pick<ClusterSettings, 'partFlags'> },
  name: string,
  flags: Record<string, string | string[] | undefined>,
): [string, ...string[]] {
  const more = Object.entries(settings.partFlags).filter(([key]) => key.startsWith(`${name}.`));
  const given = { ...flags, ...Object.fromEntries(more.map(([key, value]) => [key.slice(name.length + 1), value])) };
  const args = Object.entries(given).flatMap(([flag, values]) => [values ?? []].flat().flatMap((value) => [`--${flag}`, value]));
  return [nodeBinary, ...nodeFlags(name), `${installation}/dist/parts/${name}.js`, ...args];
}

/** The names and addresses that the api-server's certificate carries. */
export function apiServerNames(settings: ClusterSettings): { dnsNames: string[]; ipAddresses: string[] } {
  const service = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', `kubernetes.default.svc.${settings.clusterDomain}`];
  return {
    dnsNames: ['localhost', ...service],
    ipAddresses: ['127.0.0.1', ...bridgeOf(settings).addresses, ...rangesOf(settings.serviceCidr).map((range) => addressAt(range, 1))],
  };
}
