import { type FieldError, invalidValue, isDns1123Label, isDns1123Subdomain, isDns1123SubdomainWithUnderscore, required } from '#api';
import type { HostAlias, PodSpec } from '#api/types';
import { isValidIp } from '../../../rules/addresses.ts';
import { complaints, oneOf } from '../../../rules/checks.ts';

/** What the resolver of libc can take. */
const maxNameservers = 3;
const maxSearchPaths = 32;
const maxSearchCharacters = 2048;

/** In a template, host ports may be left out: they are filled in when the pod is made. */
export function validateHostNetworkPorts(spec: PodSpec, path: string, { inTemplate }: { inTemplate: boolean }): FieldError[] {
  if (!spec.hostNetwork) return [];
  return (spec.containers ?? []).flatMap((container, i) =>
    (container.ports ?? []).flatMap((port, k) => {
      const hostPort = port.hostPort ?? 0;
      if (hostPort === port.containerPort || (inTemplate && hostPort === 0)) return [];
      const field = `${path}.containers[${i}].ports[${k}].hostPort`;
      return [invalidValue(field, hostPort, 'must match `containerPort` when `hostNetwork` is true')];
    }),
  );
}

/** `ClusterFirst` and not `Default` is the default; the type table sets it. */
export function validateDns(spec: PodSpec, path: string): FieldError[] {
  return oneOf(spec.dnsPolicy, ['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None'], `${path}.dnsPolicy`);
}

/** `k8s.io/kubernetes/pkg/apis/core/validation`, validatePodDNSConfig. */
export function validateDnsConfig({ dnsConfig, dnsPolicy }: PodSpec, path: string): FieldError[] {
  if (dnsPolicy === 'None') {
    if (!dnsConfig) return [required(path, 'must provide `dnsConfig` when `dnsPolicy` is None')];
    if ((dnsConfig.nameservers ?? []).length === 0) {
      return [required(`${path}.nameservers`, 'must provide at least one DNS nameserver when `dnsPolicy` is None')];
    }
  }
  if (!dnsConfig) return [];
  const { nameservers = [], searches = [], options = [] } = dnsConfig;
  return [
    ...(nameservers.length > maxNameservers
      ? [invalidValue(`${path}.nameservers`, nameservers, `must not have more than ${maxNameservers} nameservers`)]
      : []),
    ...nameservers.flatMap((server, i) => isValidIp(server, `${path}.nameservers[${i}]`)),
    ...(searches.length > maxSearchPaths
      ? [invalidValue(`${path}.searches`, searches, `must not have more than ${maxSearchPaths} search paths`)]
      : []),
    ...(searches.join(' ').length > maxSearchCharacters
      ? [
          invalidValue(
            `${path}.searches`,
            searches,
            `must not have more than ${maxSearchCharacters} characters (including spaces) in the search list`,
          ),
        ]
      : []),
    ...searches.flatMap((search, i) => {
      if (search === '.') return [];
      return complaints(isDns1123SubdomainWithUnderscore, search.replace(/\.$/, ''), `${path}.searches[${i}]`);
    }),
    ...options.flatMap((option, i) => (option.name ? [] : [required(`${path}.options[${i}]`, 'must not be empty')])),
  ];
}

/** A hostname is one label; with the subdomain it becomes the pod's name in DNS (Kubernetes, "DNS for Services and Pods"). */
export function validateHostnames(spec: PodSpec, path: string): FieldError[] {
  const override = spec.hostnameOverride;
  return [
    ...(spec.hostname ? complaints(isDns1123Label, spec.hostname, `${path}.hostname`) : []),
    ...(spec.subdomain ? complaints(isDns1123Label, spec.subdomain, `${path}.subdomain`) : []),
    ...(override !== undefined ? validateOverride(spec, override, path) : []),
  ];
}

/** KEP-4762: the host name that the pod sees, whatever its name is. */
function validateOverride(spec: PodSpec, override: string, path: string): FieldError[] {
  const field = `${path}.hostnameOverride`;
  return [
    ...complaints(isDns1123Subdomain, override, field),
    ...(override.length > 64 ? [invalidValue(field, override, 'must be no more than 64 characters')] : []),
    ...(spec.setHostnameAsFQDN ? [invalidValue(field, override, 'may not be specified when setHostnameAsFQDN is true')] : []),
    ...(spec.hostNetwork ? [invalidValue(field, override, 'may not be specified when hostNetwork is true')] : []),
  ];
}

/** Lines that a pod's /etc/hosts gets. */
export function validateHostAliases(aliases: readonly HostAlias[], path: string): FieldError[] {
  return aliases.flatMap((alias, i) => [
    ...isValidIp(alias.ip ?? '', `${path}[${i}].ip`),
    ...(alias.hostnames ?? []).flatMap((name, k) => complaints(isDns1123Subdomain, name, `${path}[${i}].hostnames[${k}]`)),
  ]);
}
