import { canonicalIp } from '#api';
import type { ContainerBook } from '../containers/container-book.ts';
import type { EndpointConfig } from '../containers/record.ts';
import type { Config, HostConfig, NetworkingConfig } from '../containers/settings.ts';
import { badParameter } from '../errors.ts';
import { checkEndpoint, isMac } from './connection-rules.ts';
import type { NetworkBook } from './network-book.ts';
import { exposedPorts, wantedPorts } from './ports.ts';

export interface Requested {
  /** What was asked for, without what the image says: a name or ports of that are in nobody's way. */
  asked: Config;
  config: Config;
  hostConfig: HostConfig;
  networking: NetworkingConfig;
}

/** Which networks a new container is in, and how, by their names. Throws 400 and 404 for what cannot be, with Docker's words. */
export function requestedEndpoints(
  { asked, config, hostConfig, networking }: Requested,
  networks: NetworkBook,
  containers: ContainerBook,
): Record<string, EndpointConfig> {
  checkCombinations(asked, hostConfig);
  wantedPorts(config, hostConfig);
  for (const entry of hostConfig.ExtraHosts ?? []) checkExtraHost(entry);
  for (const server of hostConfig.Dns ?? []) if (canonicalIp(server) === undefined) throw badParameter(`invalid DNS address: ${server}`);
  for (const link of hostConfig.Links ?? []) {
    const [name = ''] = link.split(':');
    // 400: "not found" would make Docker's client pull the image.
    if (!containers.known(name)) throw badParameter(`could not get container for ${name}: No such container: ${name}`);
  }
  if (config.MacAddress && !isMac(config.MacAddress)) throw badParameter(`invalid MAC address: ${config.MacAddress}`);
  const { NetworkMode: mode } = hostConfig;
  if (mode.startsWith('container:') || config.NetworkDisabled) return {};
  const given = Object.entries(networking.EndpointsConfig);
  if (given.length > 1) throw badParameter(`Container cannot be connected to network endpoints: ${given.map(([name]) => name).join(', ')}`);
  const own = mode === 'default' || mode === '' ? 'bridge' : mode;
  const [[reference, wanted]] =
    given.length > 0 ? (given as [[string, EndpointConfig | null]]) : [[own === 'default' ? 'bridge' : own, null] as const];
  const name = reference === 'default' ? 'bridge' : reference;
  // One that is not there yet may be when the container starts.
  const network = networks.list().find((each) => each.name === name || each.id === name) ?? existing(networks, name);
  const endpoint = wanted ?? {};
  if (network) checkEndpoint(network, endpoint);
  return { [network?.name ?? name]: { ...endpoint, ...(network && { NetworkID: network.id }) } };
}

function existing(networks: NetworkBook, reference: string) {
  const begun = networks.list().filter(({ id }) => reference.length > 0 && id.startsWith(reference));
  return begun.length === 1 ? begun[0] : undefined;
}

const conflicting = (what: string): Error => badParameter(`conflicting options: ${what}`);

/** Who has another's network, or the node's, has its names and addresses too. */
function checkCombinations(config: Config, host: HostConfig): void {
  const isHost = host.NetworkMode === 'host';
  const isContainer = host.NetworkMode.startsWith('container:');
  if (host.UTSMode === 'host' && config.Hostname) throw conflicting('hostname and the UTS mode');
  if (isContainer && config.Hostname) throw conflicting('hostname and the network mode');
  const links = "can't be used with links. This would result in undefined behavior";
  if (isHost && host.Links?.length) throw conflicting(`host type networking ${links}`);
  if (isContainer && host.Links?.length) throw conflicting(`container type network ${links}`);
  if (isContainer && host.Dns?.length) throw conflicting('dns and the network mode');
  if (isContainer && host.ExtraHosts?.length) throw conflicting('custom host-to-IP mapping and the network mode');
  if ((isContainer || isHost) && config.MacAddress) throw conflicting('mac-address and the network mode');
  if (!isContainer) return;
  if (Object.keys(host.PortBindings ?? {}).length > 0 || host.PublishAllPorts) {
    throw conflicting('port publishing and the container type network mode');
  }
  if (exposedPorts(config, host).length > 0) throw conflicting('port exposing and the container type network mode');
}

/** `name:address`, of which the address may have colons itself. */
export function extraHost(entry: string): { name: string; address: string } {
  const at = entry.search(/[:=]/);
  return { name: entry.slice(0, at), address: entry.slice(at + 1).replace(/^\[(.*)\]$/, '$1') };
}

function checkExtraHost(entry: string): void {
  const { name, address } = extraHost(entry);
  if (name === '' || address === '') throw badParameter(`bad format for add-host: ${JSON.stringify(entry)}`);
  if (address !== 'host-gateway' && canonicalIp(address) === undefined) {
    throw badParameter(`invalid IP address in add-host: ${JSON.stringify(address)}`);
  }
}
