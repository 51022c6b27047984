import { nodeLabels } from '#objects';
import type { HostAlias, PodSpec, PodTemplateSpec } from '#api/types';
import { invalid, unsupported } from '../compose-error.ts';
import { containerOf, podSecurity } from './container.ts';
import { contentAnnotation, hostName, labelsOf, type Naming, networkLabel } from './names.ts';
import type { Network } from './networks.ts';
import type { Published } from './ports.ts';
import { Reader } from './reader.ts';
import { placementOf } from './resources.ts';
import { grantsOf, type MountRules, mountsOf, type Stores } from './storage.ts';

export interface PodInput extends MountRules {
  name: string;
  image: string;
  naming: Naming;
  stores: Omit<Stores, 'objects'>;
  networks: readonly Network[];
  published: readonly Published[];
  restartPolicy?: 'Never' | 'OnFailure';
}

/** compose-spec, "stop_grace_period". */
const defaultGraceSeconds = 10;

/** The pods of a service. */
export function podOf(service: Reader, input: PodInput): PodTemplateSpec {
  const { name, naming, stores, networks, published, restartPolicy } = input;
  const parts = [mountsOf(service, input), grantsOf(service, 'configs', stores.configs), grantsOf(service, 'secrets', stores.secrets)];
  const volumes = parts.flatMap((part) => part.volumes);
  const container = containerOf(service, { name, image: input.image, published, mounts: parts.flatMap((part) => part.mounts) });
  const digests = parts.flatMap((part) => part.digests).filter(Boolean);
  const security = podSecurity(service);
  const aliases = hostAliases(service.at('extra_hosts'));
  const dnsConfig = dnsOf(service);
  const annotations = {
    ...annotationsOf(service, 'labels'),
    ...annotationsOf(service, 'annotations'),
    ...(digests.length > 0 && { [contentAnnotation]: digests.join() }),
  };
  const spec: PodSpec = {
    containers: [container],
    terminationGracePeriodSeconds: service.has('stop_grace_period') ? service.at('stop_grace_period').seconds() : defaultGraceSeconds,
    ...(restartPolicy && { restartPolicy }),
    ...(volumes.length > 0 && { volumes }),
    ...(security && { securityContext: security }),
    ...(service.has('hostname') && { hostname: hostName(service.at('hostname').text(), service.at('hostname').path) }),
    ...(aliases.length > 0 && { hostAliases: aliases }),
    ...(dnsConfig && { dnsConfig }),
    ...placementOf(service.at('deploy').at('placement'), name),
    ...nodeSelector(service),
    ...hostNamespaces(service),
    enableServiceLinks: false, // the variables of a file are those that it gives
    automountServiceAccountToken: false,
  };
  return {
    metadata: {
      labels: { ...labelsOf(naming, name), ...Object.fromEntries(networks.map((network) => [networkLabel(network.name), 'true'])) },
      ...(Object.keys(annotations).length > 0 && { annotations }),
    },
    spec,
  };
}

/** Labels of Docker hold any text: they become annotations. */
export function annotationsOf(reader: Reader, key: string): Record<string, string> {
  return Object.fromEntries(
    reader
      .at(key)
      .entries()
      .map(([name, value]) => {
        if (!/^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/.test(name))
          throw unsupported(value.path, 'the name is none of an annotation');
        return [name, value.isSet ? value.text() : ''];
      }),
  );
}

function hostAliases(hosts: Reader): HostAlias[] {
  const byAddress = new Map<string, string[]>();
  for (const [host, addresses] of hosts.entries())
    for (const address of addresses.texts()) {
      if (address === 'host-gateway') throw unsupported(addresses.path, 'host-gateway is the address of one machine');
      if (!/^[\d.]+$|^[0-9a-fA-F:.]+$/.test(address)) throw invalid(addresses.path, `${JSON.stringify(address)} is no address`);
      byAddress.set(address, [...(byAddress.get(address) ?? []), host]);
    }
  return [...byAddress].map(([ip, hostnames]) => ({ ip, hostnames }));
}

/** Beside what the cluster answers, as Docker's own names go on being answered. */
function dnsOf(service: Reader): PodSpec['dnsConfig'] {
  const [nameservers, searches] = [service.at('dns').texts(), service.at('dns_search').texts()];
  const options = service
    .at('dns_opt')
    .texts()
    .map((option) => {
      const [name = '', value] = option.split(':');
      return { name, ...(value !== undefined && { value }) };
    });
  if (nameservers.length + searches.length + options.length === 0) return undefined;
  return {
    ...(nameservers.length > 0 && { nameservers }),
    ...(searches.length > 0 && { searches }),
    ...(options.length > 0 && { options }),
  };
}

function nodeSelector(service: Reader): Pick<PodSpec, 'nodeSelector'> {
  if (!service.has('platform')) return {};
  const platform = service.at('platform');
  const [os = '', arch, variant] = platform.text().split('/');
  if (os !== 'linux' || variant !== undefined) throw unsupported(platform.path, 'linux, linux/amd64 and linux/arm64 are');
  return { nodeSelector: { [nodeLabels.os]: os, ...(arch !== undefined && { [nodeLabels.arch]: arch }) } };
}

function hostNamespaces(service: Reader): Pick<PodSpec, 'hostNetwork' | 'hostPID' | 'hostIPC'> {
  const mode = (key: string, ...others: string[]): boolean => {
    if (!service.has(key)) return false;
    const text = service.at(key).text();
    if (text !== 'host' && !others.includes(text))
      throw unsupported(service.at(key).path, `host${others.map((other) => ` and ${other}`).join('')} is`);
    return text === 'host';
  };
  if (service.has('network_mode') && service.has('networks'))
    throw invalid(service.path, 'declares mutually exclusive `network_mode` and `networks`');
  return {
    ...(mode('network_mode', 'bridge') && { hostNetwork: true }),
    ...(mode('pid') && { hostPID: true }),
    ...(mode('ipc', 'private', 'shareable') && { hostIPC: true }),
  };
}
