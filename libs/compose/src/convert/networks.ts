import type { NetworkPolicy } from '#api/types';
import { invalid, unsupported } from '../compose-error.ts';
import { labelsOf, type Naming, networkLabel, objectName } from './names.ts';
import { Reader } from './reader.ts';

export interface Network {
  /** As labels and policies have it. */
  name: string;
  internal: boolean;
}

/** compose-spec, 06-networks.md. All pods of a cluster have one network: what is not on the same network of the file is kept apart by policies. */
export function networksOf(given: Record<string, unknown>): Map<string, Network> {
  const networks = new Map<string, Network>([['default', { name: 'default', internal: false }]]);
  for (const [key, value] of Object.entries(given)) {
    const reader = new Reader(value, `networks.${key}`);
    if (reader.has('external') && reader.at('external').value !== false && reader.at('external').value !== 'false')
      throw unsupported(reader.at('external').path, 'there are no networks beside those of the file');
    if (reader.has('driver') && !['bridge', 'overlay', 'default'].includes(reader.at('driver').text()))
      throw unsupported(reader.at('driver').path, 'a network is what its policies say, without a driver of its own');
    const internal = reader.at('internal').bool();
    reader.skip('name', 'attachable', 'labels', 'external');
    reader.done({
      driver_opts: '',
      ipam: 'addresses are the cluster’s',
      enable_ipv6: 'families are the cluster’s',
      enable_ipv4: 'families are the cluster’s',
    });
    networks.set(key, { name: objectName(key, reader.path), internal });
  }
  return networks;
}

export interface Attachment {
  networks: Network[];
  aliases: string[];
}

/** `networks` of a service: those that it is on, and by which names it is known beside its own. */
export function attachmentOf(service: Reader, networks: ReadonlyMap<string, Network>): Attachment {
  const on = service.at('networks').entries();
  const attached: Network[] = [];
  const aliases: string[] = [];
  for (const [key, config] of on) {
    const network = networks.get(key);
    if (!network) throw invalid(config.path, `service refers to undefined network ${key}`);
    attached.push(network);
    aliases.push(...config.at('aliases').texts());
    config.skip('priority', 'gw_priority'); // of one link there is no order
    config.done({
      ipv4_address: 'addresses are the cluster’s',
      ipv6_address: 'addresses are the cluster’s',
      link_local_ips: '',
      mac_address: '',
      driver_opts: '',
      interface_name: '',
    });
  }
  return { networks: on.length > 0 ? attached : [networks.get('default')!], aliases };
}

/** Whether the file keeps anything apart. */
export function isDivided(used: readonly Network[]): boolean {
  return new Set(used.map(({ name }) => name)).size > 1 || used.some(({ internal }) => internal);
}

/** Who is on a network is reached by those on it; of an internal one there is no other way out. */
export function networkPolicies(used: readonly Network[], naming: Naming): NetworkPolicy[] {
  if (!isDivided(used)) return [];
  const distinct = new Map(used.map((network) => [network.name, network]));
  return [...distinct.values()].map(({ name, internal }) => {
    const selector = { matchLabels: { [networkLabel(name)]: 'true' } };
    return {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: `network-${name}`, labels: labelsOf(naming) },
      spec: {
        podSelector: selector,
        policyTypes: ['Ingress', 'Egress'],
        ingress: [{ from: [{ podSelector: selector }] }],
        egress: internal ? [{ to: [{ podSelector: selector }] }, dns] : [{}],
      },
    };
  });
}

const dns = {
  to: [
    {
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
      podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
    },
  ],
  ports: [
    { protocol: 'UDP', port: 53 },
    { protocol: 'TCP', port: 53 },
  ],
};
