import type { Ingress } from '#api/types';
import type { Column } from '../../contract.ts';
import { age } from '../../rules/columns.ts';

/** `k8s.io/kubernetes/pkg/printers/internalversion`, printIngress. */
export const columns: readonly Column<Ingress>[] = [
  { name: 'Class', type: 'string', value: ({ spec }) => spec?.ingressClassName ?? '<none>' },
  { name: 'Hosts', type: 'string', value: hostsShown },
  { name: 'Address', type: 'string', value: addressesShown },
  { name: 'Ports', type: 'string', value: ({ spec }) => ((spec?.tls ?? []).length > 0 ? '80, 443' : '80') },
  age,
];

const maxHosts = 3;

/** The first three; any rule after them counts as one more, also one without a host. */
function hostsShown({ spec }: Ingress): string {
  const rules = spec?.rules ?? [];
  const named = rules.flatMap(({ host }, i) => (host ? [{ host, i }] : []));
  if (named.length === 0) return '*';
  const hosts = named.slice(0, maxHosts);
  const isMore = hosts.length === maxHosts && hosts.at(-1)!.i < rules.length - 1;
  return `${hosts.map(({ host }) => host).join(',')}${isMore ? ` + ${rules.length - maxHosts} more...` : ''}`;
}

/** Each once, sorted. */
function addressesShown({ status }: Ingress): string {
  const addresses = (status?.loadBalancer?.ingress ?? []).flatMap(({ ip, hostname }) => ip || hostname || []);
  return [...new Set(addresses)].toSorted().join(',');
}
