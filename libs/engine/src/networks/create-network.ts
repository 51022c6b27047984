import { addressAt } from '#api';
import { lookUp } from '#base';
import { bool, int, list, map, optional, orNull, struct, text } from '../containers/decode.ts';
import { badParameter, EngineError, notFound } from '../errors.ts';
import { rangesFor } from './ipam.ts';
import { type NetworkRecord, Option } from './network-record.ts';

const ipamConfig = struct({ Subnet: text(), IPRange: text(), Gateway: text(), AuxiliaryAddresses: orNull(map(text())) });

const shape = struct({
  Name: text(),
  CheckDuplicate: bool,
  Driver: text(),
  Scope: text(),
  Internal: bool,
  Attachable: bool,
  Ingress: bool,
  ConfigOnly: bool,
  ConfigFrom: orNull(struct({ Network: text() })),
  EnableIPv4: optional(bool),
  EnableIPv6: bool,
  IPAM: orNull(struct({ Driver: text(), Options: orNull(map(text())), Config: orNull(list(ipamConfig)) })),
  Options: orNull(map(text())),
  Labels: orNull(map(text())),
  // Of swarm; read so that clients which send a zero are not refused.
  Version: int,
});

export interface NewNetworkContext {
  id: string;
  created: string;
  /** Ranges that others have. */
  taken: readonly string[];
  /** Interfaces that others have, by the name of their network. */
  links: ReadonlyMap<string, string>;
}

/** The name that its bridge is to have. Throws 400 for a body that is none. */
export const askedLink = (body: Record<string, unknown>): string | undefined => lookUp(shape(body, 'CreateRequest').Options, Option.name);

/** A network of the body of a request, decided. Throws 400, 403, 404 with Docker's words. Pure. */
export function newNetwork(body: Record<string, unknown>, { id, created, taken, links }: NewNetworkContext): NetworkRecord {
  const asked = shape(body, 'CreateRequest');
  const options = asked.Options ?? {};
  if (asked.Name === '') throw badParameter('network name must not be empty');
  refuse(asked);
  checkOptions(options);
  const ranges = rangesFor(asked.IPAM?.Config ?? [], { ipv6: asked.EnableIPv6, taken, localRange: localRange(id) });
  const link = options[Option.name] || `br-${id.slice(0, 12)}`;
  const other = links.get(link);
  if (other !== undefined) {
    throw new EngineError(
      403,
      `cannot create network ${id} (${link}): conflicts with network ${other} (${link}): networks have same bridge name`,
    );
  }
  return {
    id,
    name: asked.Name,
    created,
    driver: 'bridge',
    predefined: false,
    link,
    ranges,
    hasOwnRanges: (asked.IPAM?.Config ?? []).some(({ Subnet }) => Subnet !== ''),
    ipv6: asked.EnableIPv6,
    internal: asked.Internal,
    attachable: asked.Attachable,
    options,
    ipamOptions: asked.IPAM?.Options ?? null,
    labels: asked.Labels ?? {},
  };
}

function refuse({ Name, Driver, Scope, Ingress, ConfigOnly, ConfigFrom, EnableIPv4, IPAM }: ReturnType<typeof shape>): void {
  if (['bridge', 'host', 'none', 'default', 'cluster'].includes(Name)) {
    throw new EngineError(403, `operation is not permitted on predefined ${Name} network `);
  }
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(Name)) {
    throw badParameter(`invalid network name: ${Name}: only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`);
  }
  if (Driver === 'overlay' || Scope === 'swarm' || Ingress) {
    throw new EngineError(
      403,
      'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.',
    );
  }
  if (Driver === 'host' || Driver === 'null') throw new EngineError(403, `only one instance of "${Driver}" network is allowed`);
  if (!['', 'bridge'].includes(Driver)) throw notFound(`plugin ${JSON.stringify(Driver)} not found`);
  if (!['', 'local'].includes(Scope)) throw badParameter(`invalid scope ${JSON.stringify(Scope)}`);
  if (ConfigOnly || ConfigFrom?.Network) throw badParameter('networks that hold or take a configuration are not supported by this engine');
  if (EnableIPv4 === false) throw badParameter('networks without IPv4 are not supported by this engine');
  if (!['', 'default'].includes(IPAM?.Driver ?? '')) throw notFound(`plugin ${JSON.stringify(IPAM?.Driver)} not found`);
}

const booleans: readonly string[] = [Option.icc, Option.masquerade, Option.defaultBridge, Option.cluster];
const known: readonly string[] = Object.values(Option);

function checkOptions(options: Record<string, string>): void {
  for (const [name, value] of Object.entries(options)) {
    // Docker's own have an effect there; what is nobody's has none anywhere.
    if (/^(com\.docker\.network|berth)\./.test(name) && !known.includes(name)) {
      throw badParameter(`driver option ${name} is not supported by this engine`);
    }
    if (booleans.includes(name) && !/^(1|t|T|TRUE|true|True|0|f|F|FALSE|false|False)$/.test(value)) {
      throw badParameter(`strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax`);
    }
  }
  const mtu = options[Option.mtu];
  if (mtu !== undefined && !(/^\d{1,5}$/.test(mtu) && Number(mtu) <= 65_535)) {
    throw badParameter(`strconv.Atoi: parsing ${JSON.stringify(mtu)}: invalid syntax`);
  }
  const link = options[Option.name];
  if (link && !/^[^\s/:."'\\][^\s/:"'\\]{0,14}$/.test(link)) throw badParameter(`invalid interface name ${JSON.stringify(link)}`);
}

/** A unique local range of 64 bits that follows from the network's id (RFC 4193, 3.2.2). */
const localRange = (id: string): string =>
  `${addressAt(`fd${id.slice(0, 2)}:${id.slice(2, 6)}:${id.slice(6, 10)}:${id.slice(10, 14)}::/64`, 0)}/64`;
