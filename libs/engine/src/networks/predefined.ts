import { NEVER } from '../containers/record.ts';
import { freePool, rangesFor } from './ipam.ts';
import { type NetworkRecord, Option } from './network-record.ts';
import type { NodeLinks } from './node-links.ts';

/** Networks that are there from the beginning, and stay. */
export function predefinedNetworks(
  { prefix, subnet, taken, cluster }: Pick<NodeLinks, 'prefix' | 'subnet' | 'taken' | 'cluster'>,
  idOf: (name: string) => string,
): NetworkRecord[] {
  const network = (name: string, more: Partial<NetworkRecord>): NetworkRecord => ({
    id: idOf(name),
    name,
    created: NEVER,
    driver: 'bridge',
    predefined: true,
    link: '',
    ranges: [],
    hasOwnRanges: false,
    ipv6: false,
    internal: false,
    attachable: false,
    options: {},
    ipamOptions: null,
    labels: {},
    ...more,
  });
  const bridge = (name: string, link: string, range: string, options: Record<string, string>): NetworkRecord =>
    network(name, {
      link,
      ranges: rangesFor([{ Subnet: range, IPRange: '', Gateway: '', AuxiliaryAddresses: null }], {
        ipv6: false,
        taken: [],
        localRange: '',
      }),
      options: { ...options, [Option.name]: link },
    });
  const begin = prefix.slice(0, 8);
  return [
    bridge('bridge', `${begin}-docker`, subnet, {
      [Option.defaultBridge]: 'true',
      [Option.icc]: 'true',
      [Option.masquerade]: 'true',
      [Option.hostBinding]: '0.0.0.0',
      [Option.mtu]: '1500',
    }),
    network('host', { driver: 'host' }),
    network('none', { driver: 'null' }),
    ...(cluster ? [bridge('cluster', `${begin}-cluster`, freePool([...taken, subnet]), { [Option.cluster]: 'true' })] : []),
  ];
}
