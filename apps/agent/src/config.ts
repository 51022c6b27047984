import { parseArgs } from 'node:util';
import { fileFlag, listFlag, portFlag, requiredFlag } from '#base';

/** Flags of the agent; docs/architecture.md, "Processes and their flags". */
export interface AgentConfig {
  servers: string[];
  tls: { ca: string; cert: string; key: string };
  bindAddresses: string[];
  port: number;
  logLevel: string;
  nodeName: string;
  nodeIp: string;
  rootDir: string;
  cgroupRoot: string;
  interfacePrefix: string;
  nftTable: string;
  clusterDns: string;
  clusterDomain: string;
  clusterCidr: string;
  serviceCidr: string;
  registryMirrors: string[];
}

export async function readConfig(args: readonly string[]): Promise<AgentConfig> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      server: { type: 'string' },
      'ca-file': { type: 'string' },
      'cert-file': { type: 'string' },
      'key-file': { type: 'string' },
      'bind-address': { type: 'string', default: '0.0.0.0' },
      'secure-port': { type: 'string', default: '10250' },
      'log-level': { type: 'string', default: 'info' },
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
      'registry-mirror': { type: 'string', multiple: true, default: [] },
    },
  });
  const [ca, cert, key] = await Promise.all([
    fileFlag('ca-file', values['ca-file']),
    fileFlag('cert-file', values['cert-file']),
    fileFlag('key-file', values['key-file']),
  ]);
  const nodeName = requiredFlag('node-name', values['node-name']);
  return {
    servers: listFlag(requiredFlag('server', values.server)),
    tls: { ca, cert, key },
    bindAddresses: listFlag(values['bind-address']),
    port: portFlag('secure-port', values['secure-port']),
    logLevel: values['log-level'],
    nodeName,
    nodeIp: requiredFlag('node-ip', values['node-ip']),
    rootDir: requiredFlag('root-dir', values['root-dir']),
    cgroupRoot: values['cgroup-root'] ?? `/berth/${nodeName}`,
    interfacePrefix: values['interface-prefix'],
    nftTable: values['nft-table'],
    clusterDns: values['cluster-dns'],
    clusterDomain: values['cluster-domain'],
    clusterCidr: values['cluster-cidr'],
    serviceCidr: values['service-cluster-ip-range'],
    registryMirrors: values['registry-mirror'],
  };
}
