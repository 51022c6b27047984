import { type FilterPlugin, type PodInfo, success, unschedulable } from '../contract.ts';

type HostPort = PodInfo['hostPorts'][number];

/** A host port is used once per node, address and protocol; `0.0.0.0` means every address. */
export const nodePorts: FilterPlugin = {
  name: 'NodePorts',
  requeueOn: [
    { resource: 'Pod', events: ['delete', 'update'] },
    { resource: 'Node', events: ['add'] },
  ],
  filter(_state, { hostPorts }, node) {
    if (hostPorts.length === 0) return success;
    for (const other of node.pods.values()) {
      if (other.hostPorts.some((used) => hostPorts.some((wanted) => clash(wanted, used)))) {
        return unschedulable("node(s) didn't have free ports for the requested pod ports");
      }
    }
    return success;
  },
};

/** The same port twice is fine on two addresses, unless one of them stands for all. */
function clash(a: HostPort, b: HostPort): boolean {
  return a.port === b.port && a.protocol === b.protocol && (a.ip === b.ip || a.ip === '0.0.0.0' || b.ip === '0.0.0.0');
}
