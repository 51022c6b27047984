import { ipBytes, ipv4, ipv6, mustFamilyOf } from '../family.ts';
import { attribute, Flag, message, NESTED, u32, zeroEnded } from './codec.ts';

/*
 * The rtnetlink(7) requests that attaching a pod needs: linux/if_link.h, linux/if_addr.h, linux/rtnetlink.h, linux/neighbour.h.
 */
const Type = { NewLink: 16, DeleteLink: 17, GetLink: 18, NewAddress: 20, NewRoute: 24, NewNeighbour: 28 } as const;
const Link = { Address: 1, Name: 3, Mtu: 4, Info: 18, NamespaceFd: 28, InfoKind: 1, InfoData: 2, VethPeer: 1, FamilySpec: 26 } as const;
const Route = { Destination: 1, Interface: 4, Gateway: 5, Source: 7 } as const;
const IFF_UP = 1;
const NUD_PERMANENT = 0x80;
const TABLE_MAIN = 254;
const SCOPE_UNIVERSE = 0;
const SCOPE_LINK = 253;
const UNICAST = 1;
const PROTOCOL_BOOT = 3;
const IFA_F_NODAD = 2;
const DEVCONF_RP_FILTER = 8; // linux/ip.h
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
  mac: string;
  /** Of both ends; the kernel's default unless told otherwise. */
  mtu?: number;
  /** `namespaceFd`: open on the namespace that it is made in. */
  peer: { namespaceFd: number; mac: string };
}

/**
 * A pair of links: one end here and up, the other, eth0, in the peer's namespace. That one cannot be made up: the
 * kernel configures it before it knows its partner, and answers ENOTCONN.
 */
export function addVeth({ name, mac, mtu, peer: { namespaceFd, mac: peerMac } }: VethOptions): Buffer {
  const size = mtu === undefined ? [] : [attribute(Link.Mtu, u32(mtu))];
  const eth0 = [attribute(Link.Name, zeroEnded('eth0')), attribute(Link.Address, macBytes(peerMac))];
  const peer = [linkHeader(), ...eth0, attribute(Link.NamespaceFd, u32(namespaceFd)), ...size];
  const data = attribute(Link.InfoData | NESTED, attribute(Link.VethPeer | NESTED, ...peer));
  return message(
    Type.NewLink,
    Flag.Ack | Flag.Create | Flag.Exclusive,
    linkHeader({ up: true }),
    attribute(Link.Name, zeroEnded(name)),
    attribute(Link.Address, macBytes(mac)),
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
export function filterReversePath(index: number): Buffer {
  const settings = attribute(1 | NESTED, attribute(DEVCONF_RP_FILTER, u32(1))); // IFLA_INET_CONF
  return message(
    Type.NewLink,
    Flag.Ack,
    linkHeader({ index }),
    attribute(Link.FamilySpec | NESTED, attribute(ipv4.number | NESTED, settings)),
  );
}

/** The interface's index out of the answer to `getLink`. */
export function indexIn(messages: readonly { type: number; body: Buffer }[]): number | undefined {
  return messages.find(({ type }) => type === Type.NewLink)?.body.readInt32LE(4);
}

/** Of use at once: nobody else on a pod's link could have it, so an IPv6 address need not wait a second for who objects (RFC 4862, 5.4). */
export function addAddress(index: number, ip: string): Buffer {
  const { number, bits } = mustFamilyOf(ip);
  const header = Buffer.from([number, bits, number === ipv6.number ? IFA_F_NODAD : 0, 0, 0, 0, 0, 0]);
  header.writeUInt32LE(index, 4);
  return message(Type.NewAddress, replace, header, attribute(2, ipBytes(ip)), attribute(1, ipBytes(ip)));
}

export interface RouteOptions {
  /** Of the interface. */
  index: number;
  source?: string;
  /** The routing protocol number that tags it. */
  protocol?: number;
}

/** To a single address on the link. */
export const addRoute = ({ destination, ...options }: RouteOptions & { destination: string }): Buffer => {
  const { number, bits } = mustFamilyOf(destination);
  return newRoute([number, bits], SCOPE_LINK, options, attribute(Route.Destination, ipBytes(destination)));
};

/** Through an address that is on the link, or has a route of its own there. */
export const addDefaultRoute = ({ gateway, ...options }: RouteOptions & { gateway: string }): Buffer =>
  newRoute([mustFamilyOf(gateway).number, 0], SCOPE_UNIVERSE, options, attribute(Route.Gateway, ipBytes(gateway)));

function newRoute(
  [family, bits]: readonly [number, number],
  scope: number,
  { index, source, protocol = PROTOCOL_BOOT }: RouteOptions,
  where: Buffer,
): Buffer {
  const header = Buffer.from([family, bits, 0, 0, TABLE_MAIN, protocol, scope, UNICAST, 0, 0, 0, 0]);
  const sources = source === undefined ? [] : [attribute(Route.Source, ipBytes(source))];
  return message(Type.NewRoute, replace, header, where, attribute(Route.Interface, u32(index)), ...sources);
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
