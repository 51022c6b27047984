import { parseArgs } from 'node:util';
import type { NodeSettings } from '#agent';
import { type ClientConfig, clientConfig, clientFlags, fileFlag, listFlag, numberFlag, requiredFlag } from '#base';
import { nodeSettings, nodeSettingsFlags } from './node-settings.ts';

/** Flags of the agent; docs/architecture.md, "Processes and their flags". */
export interface AgentConfig extends ClientConfig {
  /** PEM texts: who the service proxy, the DNS and the routes of this node are to the api-server. */
  proxyTls: { cert: string; key: string };
  nodeName: string;
  nodeIps: string[];
  rootDir: string;
  cgroupRoot: string;
  interfacePrefix: string;
  nftTable: string;
  /** Where this node serves cluster DNS, and what its pods' resolv.conf says; one a family, as the ranges. */
  clusterDns: string[];
  clusterDomain: string;
  clusterCidrs: string[];
  serviceCidrs: string[];
  /** Ranges whose addresses the nodes answer for, where a LoadBalancer service has them. */
  loadBalancerCidrs: string[];
  registryMirrors: string[];
  /** Where registries may not send the pulls of this node, and where they may all the same: hosts and networks. */
  imagePullGuarded: string[];
  imagePullAllowed: string[];
  /** `layer=64Gi,image=128Gi,entries=1000000`. */
  imageLimits: string;
  /** Ports of 0 are not served. */
  ingress: { httpPort: number; httpsPort: number; trustedProxies: string[] };
  settings: NodeSettings;
  /** Unix socket of the Docker Engine API; '': none. */
  engineSocket: string;
  /** Addresses of its containers, behind the node's own. */
  engineCidr: string;
  /** Network namespace of the machine that this node is one of, on whose loopback published ports are too; '': the node is the machine. */
  machineNetns: string;
  /** The control plane or other nodes run on this machine as well: containers see nothing of them. */
  sharedMachine: boolean;
}

export async function readConfig(args: readonly string[]): Promise<AgentConfig> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...clientFlags,
      ...nodeSettingsFlags,
      'bind-address': { type: 'string', default: '0.0.0.0' },
      'secure-port': { type: 'string', default: '10250' },
      'proxy-cert-file': { type: 'string' },
      'proxy-key-file': { type: 'string' },
      'node-name': { type: 'string' },
      'node-ip': { type: 'string' },
      'root-dir': { type: 'string' },
      'cgroup-root': { type: 'string' },
      'interface-prefix': { type: 'string', default: 'berth' },
      'nft-table': { type: 'string', default: 'berth' },
      'cluster-dns': { type: 'string', default: '10.96.0.10' },
      'cluster-domain': { type: 'string', default: 'cluster.local' },
      'cluster-cidr': { type: 'string', default: '10.244.0.0/16' },
      'service-cluster-ip-range': { type: 'string', default: '10.96.0.0/16' },
      'load-balancer-cidr': { type: 'string', default: '' },
      'shared-machine': { type: 'string', default: 'false' },
      'registry-mirror': { type: 'string', multiple: true, default: [] },
      'image-pull-guarded': { type: 'string', default: '' },
      'image-pull-allowed': { type: 'string', default: '' },
      'image-limits': { type: 'string', default: '' },
      'engine-socket': { type: 'string', default: '' },
      'engine-cidr': { type: 'string', default: '172.17.0.0/16' },
      'machine-netns': { type: 'string', default: '' },
      'ingress-http-port': { type: 'string', default: '80' },
      'ingress-https-port': { type: 'string', default: '443' },
      'ingress-trusted-proxies': { type: 'string', default: '' },
    },
  });
  const nodeName = requiredFlag('node-name', values['node-name']);
  return {
    ...(await clientConfig(values)),
    proxyTls: {
      cert: await fileFlag('proxy-cert-file', values['proxy-cert-file']),
      key: await fileFlag('proxy-key-file', values['proxy-key-file']),
    },
    nodeName,
    nodeIps: listFlag(requiredFlag('node-ip', values['node-ip'])),
    rootDir: requiredFlag('root-dir', values['root-dir']),
    cgroupRoot: values['cgroup-root'] ?? `/berth/${nodeName}`,
    interfacePrefix: values['interface-prefix'],
    nftTable: values['nft-table'],
    clusterDns: listFlag(values['cluster-dns']),
    clusterDomain: values['cluster-domain'],
    clusterCidrs: listFlag(values['cluster-cidr']),
    serviceCidrs: listFlag(values['service-cluster-ip-range']),
    loadBalancerCidrs: listFlag(values['load-balancer-cidr']),
    registryMirrors: values['registry-mirror'],
    imagePullGuarded: listFlag(values['image-pull-guarded']),
    imagePullAllowed: listFlag(values['image-pull-allowed']),
    imageLimits: values['image-limits'],
    engineSocket: values['engine-socket'],
    engineCidr: values['engine-cidr'],
    machineNetns: values['machine-netns'],
    ingress: {
      httpPort: numberFlag('ingress-http-port', values['ingress-http-port'], { to: 65535 }),
      httpsPort: numberFlag('ingress-https-port', values['ingress-https-port'], { to: 65535 }),
      trustedProxies: listFlag(values['ingress-trusted-proxies']),
    },
    settings: nodeSettings(values),
    sharedMachine: values['shared-machine'] === 'true',
  };
}
