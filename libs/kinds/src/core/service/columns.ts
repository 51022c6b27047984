import type { Service } from '#api/types';
import type { Column } from '../../contract.ts';
import { age } from '../../rules/columns.ts';
import { formatLabels } from '../../rules/labels.ts';

const none = '<none>';

export const columns: readonly Column<Service>[] = [
  { name: 'Type', type: 'string', value: ({ spec }) => spec?.type ?? '' },
  { name: 'Cluster-IP', type: 'string', value: ({ spec }) => spec?.clusterIPs?.[0] || spec?.clusterIP || none },
  { name: 'External-IP', type: 'string', value: externalIps },
  { name: 'Port(s)', type: 'string', value: portsShown },
  age,
  { name: 'Selector', type: 'string', priority: 1, value: ({ spec }) => formatLabels(spec?.selector) },
];

function externalIps({ spec, status }: Service): string {
  const own = spec?.externalIPs ?? [];
  if (spec?.type === 'ExternalName') return spec.externalName || none;
  if (spec?.type !== 'LoadBalancer') return own.length === 0 ? none : own.join(',');
  const balancers = (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip || hostname || '').filter(Boolean);
  const all = [...new Set(balancers), ...own];
  return all.length === 0 ? '<pending>' : all.join(',');
}

function portsShown({ spec }: Service): string {
  const ports = (spec?.ports ?? []).map(({ port, nodePort, protocol }) =>
    nodePort ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`,
  );
  return ports.length === 0 ? none : ports.join(',');
}
