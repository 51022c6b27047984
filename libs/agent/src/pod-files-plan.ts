import type { Pod } from '#api/types';

export interface NodeDns {
  clusterDns: readonly string[];
  clusterDomain: string;
  /** The node's own resolv.conf. */
  host: ResolverConfig;
}

export interface ResolverConfig {
  nameservers: string[];
  searches: string[];
  options: string[];
}

/** `/etc/resolv.conf` by `dnsPolicy` and `dnsConfig`: Kubernetes, "DNS for Services and Pods". */
export function resolvConf(pod: Pod, node: NodeDns): string {
  const base = policyConfig(pod, node);
  const extra = pod.spec.dnsConfig;
  // As many as glibc takes (MAXNS), and as many searches as Kubernetes allows (KEP-2595).
  const nameservers = unique([...base.nameservers, ...(extra?.nameservers ?? [])]).slice(0, 3);
  const searches = unique([...base.searches, ...(extra?.searches ?? [])]).slice(0, 32);
  const options = mergeOptions(base.options, extra?.options ?? []);
  return [
    ...(searches.length > 0 ? [`search ${searches.join(' ')}`] : []),
    ...nameservers.map((ip) => `nameserver ${ip}`),
    ...(options.length > 0 ? [`options ${options.join(' ')}`] : []),
    '',
  ].join('\n');
}

function policyConfig({ metadata, spec }: Pod, { clusterDns, clusterDomain, host }: NodeDns): ResolverConfig {
  const policy = spec.dnsPolicy ?? 'ClusterFirst';
  if (policy === 'None') return { nameservers: [], searches: [], options: [] };
  if (policy === 'Default' || (policy === 'ClusterFirst' && spec.hostNetwork)) return host;
  const searches = [`${metadata.namespace}.svc.${clusterDomain}`, `svc.${clusterDomain}`, clusterDomain, ...host.searches];
  return { nameservers: [...clusterDns], searches: unique(searches), options: ['ndots:5'] };
}

/** By name: `dnsConfig` replaces an option of the policy's in its place. */
function mergeOptions(base: readonly string[], extra: readonly { name?: string; value?: string }[]): string[] {
  const named = new Map(base.map((option) => [option.split(':')[0]!, option]));
  for (const { name, value } of extra) if (name) named.set(name, value ? `${name}:${value}` : name);
  return [...named.values()];
}

const unique = <T>(values: readonly T[]): T[] => [...new Set(values)];

/** resolv.conf(5): the last `search` counts, every `nameserver` and every `options`. */
export function parseResolvConf(text: string): ResolverConfig {
  const words = (keyword: string): string[][] =>
    text
      .split('\n')
      .map((line) =>
        line
          .replace(/[#;].*$/, '')
          .trim()
          .split(/\s+/),
      )
      .filter(([first]) => first === keyword)
      .map(([, ...rest]) => rest);
  return {
    nameservers: words('nameserver').flatMap(([ip]) => (ip ? [ip] : [])),
    searches: words('search').at(-1) ?? [],
    options: words('options').flat(),
  };
}

/** `/etc/hosts` of a pod, or the host's own with the aliases of a pod with the host's network. */
export function hostsFile(
  pod: Pod,
  { ips, hostHosts, clusterDomain }: { ips: readonly string[]; hostHosts: string; clusterDomain: string },
): string {
  const aliases = (pod.spec.hostAliases ?? []).map(({ ip: address, hostnames }) => `${address}\t${(hostnames ?? []).join('\t')}`);
  const added = aliases.length > 0 ? ['', '# Entries added by HostAliases.', ...aliases] : [];
  if (pod.spec.hostNetwork) return [hostHosts.trimEnd(), ...added, ''].join('\n');
  const { hostname, domain } = hostnameOf(pod, clusterDomain);
  return [
    '# Kubernetes-managed hosts file.',
    '127.0.0.1\tlocalhost',
    '::1\tlocalhost ip6-localhost ip6-loopback',
    'fe00::0\tip6-localnet',
    'fe00::0\tip6-mcastprefix',
    'fe00::1\tip6-allnodes',
    'fe00::2\tip6-allrouters',
    ...ips.map((ip) => `${ip}\t${domain ? `${hostname}.${domain}\t` : ''}${hostname}`),
    ...added,
    '',
  ].join('\n');
}

/** At most 63 characters, not ending in a dash or dot; with a subdomain the pod also has a full name. */
export function hostnameOf({ metadata, spec }: Pod, clusterDomain: string): { hostname: string; domain: string } {
  const name = (spec.hostnameOverride ?? spec.hostname ?? metadata.name ?? '')
    .slice(0, spec.hostnameOverride ? 64 : 63)
    .replace(/[-.]+$/, '');
  const domain = spec.subdomain ? `${spec.subdomain}.${metadata.namespace}.svc.${clusterDomain}` : '';
  return { hostname: spec.setHostnameAsFQDN && domain ? `${name}.${domain}` : name, domain: spec.setHostnameAsFQDN ? '' : domain };
}
