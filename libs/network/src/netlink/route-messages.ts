import { ipBytes, ipv4, ipv6, mustFamilyOf } from '../family.ts';
import { attribute, attributesOf, Flag, message, NESTED, u32, zeroEnded } from './codec.ts';

/*
 * The rtnetlink(7) requests that attaching a pod needs: linux/if_link.h, linux/if_addr.h, linux/rtnetlink.h, linux/neighbour.h.
 */
const Type = { NewLink: 16, DeleteLink: 17, GetLink: 18, NewAddress: 20, NewRoute: 24, NewNeighbour: 28 } as const;
const Link = {
  Address: 1,
  Name: 3,
  Mtu: 4,
  Peer: 5,
  Master: 10,
  Info: 18,
  FamilySpec: 26,
  NamespaceFd: 28,
  InfoKind: 1,
  InfoData: 2,
  InfoSlaveKind: 4,
  InfoSlaveData: 5,
  VethPeer: 1,
  AddressGeneration6: 8,
} as const;
const Route = { Destination: 1, Interface: 4, Gateway: 5, Source: 7 } as const;
const IFF_UP = 1;
const NUD_PERMANENT = 0x80;
const TABLE_MAIN = 254;
const TABLE_LOCAL = 255;
const SCOPE_UNIVERSE = 0;
const SCOPE_LINK = 253;
const UNICAST = 1;
const PROTOCOL_BOOT = 3;
const IFA_F_NODAD = 2;
/** linux/ip.h */
const Setting = { ReversePathFilter: 8, RouteLocalnet: 26 } as const;
/** linux/if_link.h */
const BridgePort = { Hairpin: 4, Isolated: 33 } as const;
const GENERATE_NO_ADDRESS = 1; // IN6_ADDR_GEN_MODE_NONE
const replace = Flag.Ack | Flag.Create | Flag.Replace;

/** ifinfomsg: with `up`, the flag and the mask that says it is meant. */
function linkHeader({ index = 0, up = false }: { index?: number; up?: boolean } = {}): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeInt32LE(index, 4);
  bytes.writeUInt32LE(up ? IFF_UP : 0, 8);
  bytes.writeUInt32LE(up ? IFF_UP : 0, 12);
  return bytes;
}

export interface VethOptions {
  name: string;
  /** The kernel makes one up unless told otherwise. */
  mac?: string;
  /** Of both ends; the kernel's default unless told otherwise. */
  mtu?: number;
  /** The index of the bridge that it is a port of. */
  bridge?: number;
  /** `namespaceFd`: open on the namespace that it is made in; eth0 unless it has another name. */
  peer: { namespaceFd: number; mac: string; name?: string };
}

/**
 * A pair of links: one end here and up, the other in the peer's namespace. That one cannot be made up: the
 * kernel configures it before it knows its partner, and answers ENOTCONN.
 */
export function addVeth({ name, mac, mtu, bridge, peer: { namespaceFd, mac: peerMac, name: peerName = 'eth0' } }: VethOptions): Buffer {
  const size = mtu === undefined ? [] : [attribute(Link.Mtu, u32(mtu))];
  const identity = [attribute(Link.Name, zeroEnded(peerName)), attribute(Link.Address, macBytes(peerMac))];
  const peer = [linkHeader(), ...identity, attribute(Link.NamespaceFd, u32(namespaceFd)), ...size];
  const data = attribute(Link.InfoData | NESTED, attribute(Link.VethPeer | NESTED, ...peer));
  return message(
    Type.NewLink,
    Flag.Ack | Flag.Create | Flag.Exclusive,
    linkHeader({ up: true }),
    attribute(Link.Name, zeroEnded(name)),
    ...(mac === undefined ? [] : [attribute(Link.Address, macBytes(mac))]),
    ...(bridge === undefined ? [] : [attribute(Link.Master, u32(bridge))]),
    ...size,
    attribute(Link.Info | NESTED, attribute(Link.InfoKind, zeroEnded('veth')), data),
  );
}

/** With it goes the other end of a pair, and every route over either. */
export const deleteLink = (name: string): Buffer => message(Type.DeleteLink, Flag.Ack, linkHeader(), attribute(Link.Name, zeroEnded(name)));
/** Answered with the link, or ENODEV. */
export const getLink = (name: string): Buffer => message(Type.GetLink, Flag.Ack, linkHeader(), attribute(Link.Name, zeroEnded(name)));
/** The flag alone; nothing else of the link changes. */
export const setUp = (index: number): Buffer => message(Type.NewLink, Flag.Ack, linkHeader({ index, up: true }));

/** A veth takes it while it is up, unlike most devices. */
export const setMac = (index: number, mac: string): Buffer =>
  message(Type.NewLink, Flag.Ack, linkHeader({ index }), attribute(Link.Address, macBytes(mac)));

/** `rp_filter` 1 of an interface: what comes in with a source that the routes do not lead to over it is dropped (RFC 3704, 2.2). */
export const filterReversePath = (index: number): Buffer => switchOn(index, Setting.ReversePathFilter);

/** `route_localnet` 1 of an interface: 127.0.0.0/8 may come and go over it, where rules allow it. */
export const routeLocalnet = (index: number): Buffer => switchOn(index, Setting.RouteLocalnet);

function switchOn(index: number, setting: number): Buffer {
  const settings = attribute(1 | NESTED, attribute(setting, u32(1))); // IFLA_INET_CONF
  return forFamily(index, ipv4.number, settings);
}

/** An interface that gets no link-local address by itself: IPv6 is not of its network. Before it is up. */
export const withoutLinkLocal = (index: number): Buffer =>
  forFamily(index, ipv6.number, attribute(Link.AddressGeneration6, Buffer.from([GENERATE_NO_ADDRESS])));

/** Of a link that hangs on a bridge: may frames go back to where they came from, and does it see no other isolated port? */
export function setBridgePort(index: number, { hairpin, isolated }: { hairpin: boolean; isolated: boolean }): Buffer {
  const flag = (type: number, value: boolean): Buffer => attribute(type, Buffer.from([value ? 1 : 0]));
  const data = attribute(Link.InfoSlaveData | NESTED, flag(BridgePort.Hairpin, hairpin), flag(BridgePort.Isolated, isolated));
  const info = attribute(Link.Info | NESTED, attribute(Link.InfoSlaveKind, zeroEnded('bridge')), data);
  return message(Type.NewLink, Flag.Ack, linkHeader({ index }), info);
}

function forFamily(index: number, family: number, settings: Buffer): Buffer {
  const specific = attribute(Link.FamilySpec | NESTED, attribute(family | NESTED, settings));
  return message(Type.NewLink, Flag.Ack, linkHeader({ index }), specific);
}

/** The interface's index out of the answer to `getLink`. */
export function indexIn(messages: readonly { type: number; body: Buffer }[]): number | undefined {
  return messages.find(({ type }) => type === Type.NewLink)?.body.readInt32LE(4);
}

/** The index of a veth's other end, in its own namespace. */
export function peerIndexIn(messages: readonly { type: number; body: Buffer }[]): number | undefined {
  const link = messages.find(({ type }) => type === Type.NewLink);
  return link && attributesOf(link.body.subarray(16)).get(Link.Peer)?.readUInt32LE(0);
}

/**
 * Of use at once: whoever gives addresses gives none twice, so an IPv6 address need not wait a second for who objects (RFC 4862, 5.4).
 * `length`: how much of it names the link; all of it unless told otherwise.
 */
export function addAddress(index: number, ip: string, length?: number): Buffer {
  const { number, bits } = mustFamilyOf(ip);
  const header = Buffer.from([number, length ?? bits, number === ipv6.number ? IFA_F_NODAD : 0, 0, 0, 0, 0, 0]);
  header.writeUInt32LE(index, 4);
  return message(Type.NewAddress, replace, header, attribute(2, ipBytes(ip)), attribute(1, ipBytes(ip)));
}

export interface RouteOptions {
  /** Of the interface. */
  index: number;
  source?: string;
  /** The routing protocol number that tags it. */
  protocol?: number;
  /** The main one unless told otherwise. */
  table?: number;
}

/** To a single address on the link. */
export const addRoute = ({ destination, ...options }: RouteOptions & { destination: string }): Buffer => {
  const { number, bits } = mustFamilyOf(destination);
  return newRoute([number, bits], SCOPE_LINK, options, attribute(Route.Destination, ipBytes(destination)));
};

/** Of an address that is this host's own by its kind (127.0.0.0/8), to a neighbour: the narrower route of the local table counts. */
export const addLocalRoute = ({ destination, gateway, index }: { destination: string; gateway: string; index: number }): Buffer => {
  const { number, bits } = mustFamilyOf(destination);
  const where = [attribute(Route.Destination, ipBytes(destination)), attribute(Route.Gateway, ipBytes(gateway))];
  return newRoute([number, bits], SCOPE_UNIVERSE, { index, table: TABLE_LOCAL }, ...where);
};

/** Through an address that is on the link, or has a route of its own there. */
export const addDefaultRoute = ({ gateway, ...options }: RouteOptions & { gateway: string }): Buffer =>
  newRoute([mustFamilyOf(gateway).number, 0], SCOPE_UNIVERSE, options, attribute(Route.Gateway, ipBytes(gateway)));

function newRoute(
  [family, bits]: readonly [number, number],
  scope: number,
  { index, source, protocol = PROTOCOL_BOOT, table = TABLE_MAIN }: RouteOptions,
  ...where: Buffer[]
): Buffer {
  const header = Buffer.from([family, bits, 0, 0, table, protocol, scope, UNICAST, 0, 0, 0, 0]);
  const sources = source === undefined ? [] : [attribute(Route.Source, ipBytes(source))];
  return message(Type.NewRoute, replace, header, ...where, attribute(Route.Interface, u32(index)), ...sources);
}

/** A neighbour that never needs to be asked for. */
export function addNeighbour(index: number, ip: string, mac: string): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt8(mustFamilyOf(ip).number, 0);
  header.writeInt32LE(index, 4);
  header.writeUInt16LE(NUD_PERMANENT, 8);
  return message(Type.NewNeighbour, replace, header, attribute(1, ipBytes(ip)), attribute(2, macBytes(mac)));
}

/** `0a:58:0a:f4:01:02` as six bytes. */
export const macBytes = (mac: string): Buffer => Buffer.from(mac.replaceAll(':', ''), 'hex');
