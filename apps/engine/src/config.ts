import { parseArgs } from 'node:util';
import { listFlag, requiredFlag } from '#base';
import type { EngineConfig } from '../../agent/src/node-engine.ts';
import type { RuntimeConfig } from '../../agent/src/node-runtime.ts';

/** Flags of the engine that runs without a cluster; docs/architecture.md, "Processes and their flags". */
export interface AloneConfig extends EngineConfig, RuntimeConfig {
  logLevel: string;
}

export async function readConfig(args: readonly string[]): Promise<AloneConfig> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      'log-level': { type: 'string', default: 'info' },
      name: { type: 'string' },
      'machine-name': { type: 'string' },
      'root-dir': { type: 'string' },
      socket: { type: 'string' },
      cidr: { type: 'string' },
      dns: { type: 'string', default: '' },
      'registry-mirror': { type: 'string', multiple: true, default: [] },
      'image-pull-allowed': { type: 'string', default: '' },
      'image-limits': { type: 'string', default: '' },
    },
  });
  const name = requiredFlag('name', values.name);
  const cidr = requiredFlag('cidr', values.cidr);
  return {
    logLevel: values['log-level'],
    nodeName: requiredFlag('machine-name', values['machine-name']),
    rootDir: requiredFlag('root-dir', values['root-dir']),
    cgroupRoot: `/${name}`,
    interfacePrefix: name,
    nftTable: name,
    engineSocket: requiredFlag('socket', values.socket),
    engineCidr: cidr,
    clusterCidrs: [cidr],
    serviceCidrs: [],
    clusterDns: listFlag(values.dns),
    clusterDomain: '',
    machineNetns: '',
    registryMirrors: values['registry-mirror'],
    imagePullGuarded: [],
    imagePullAllowed: listFlag(values['image-pull-allowed']),
    imageLimits: values['image-limits'],
    sharedMachine: false,
  };
}
