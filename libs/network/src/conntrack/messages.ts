import { ipText } from '../family.ts';
import { attribute, attributesOf, Flag, message, NESTED } from '../netlink/codec.ts';

/*
 * Connection tracking over netlink: linux/netfilter/nfnetlink_conntrack.h. Numbers in its attributes are in network order.
 */
const CT_SUBSYSTEM = 1 << 8;
const CT_NEW = 0;
const CT_GET = 1;
const CT_DELETE = 2;
/** nfgenmsg: the family, or 0 for all of them; version; resource. */
const header = (family = 0): Buffer => Buffer.from([family, 0, 0, 0]);
const HEADER_BYTES = 4;

const CTA_TUPLE_ORIG = 1;
const CTA_TUPLE_REPLY = 2;
const CTA_ZONE = 18;
const CTA_TUPLE_IP = 1;
const CTA_TUPLE_PROTO = 2;
/** Address attributes by family: source, destination. */
const ctaIp = [
  [1, 2],
  [3, 4],
] as const;
const CTA_PROTO_NUM = 1;
const CTA_PROTO_SRC_PORT = 2;
const CTA_PROTO_DST_PORT = 3;

export interface Tuple {
  source: string;
  destination: string;
  /** IANA number: 17 is UDP. */
  protocol: number;
  sourcePort: number;
  destinationPort: number;
}

export interface Connection {
  original: Tuple;
  /** The direction back: its source is where the kernel has sent the connection to. */
  reply: Tuple;
  /** The header and the attributes that name it, for deleting it. */
  name: Buffer;
}

/** All connections of the namespace, whatever their family and protocol: sorting out is done here. */
export const dumpRequest = (): Buffer => message(CT_SUBSYSTEM | CT_GET, Flag.Dump, header());

/** By the original direction and the zone, which are unique. ENOENT: it is gone already. */
export const deleteRequest = ({ name }: Connection): Buffer => message(CT_SUBSYSTEM | CT_DELETE, Flag.Ack, name);

/** The entries among the messages of an answer. */
export function connectionsIn(messages: readonly { type: number; body: Buffer }[]): Connection[] {
  return messages.flatMap(({ type, body }) => (type === (CT_SUBSYSTEM | CT_NEW) ? (parseConnection(body) ?? []) : []));
}

function parseConnection(bytes: Buffer): Connection | undefined {
  const attributes = attributesOf(bytes.subarray(HEADER_BYTES));
  const original = parseTuple(attributes.get(CTA_TUPLE_ORIG));
  const reply = parseTuple(attributes.get(CTA_TUPLE_REPLY));
  if (!original || !reply) return undefined;
  const zone = attributes.get(CTA_ZONE);
  const name = [attribute(CTA_TUPLE_ORIG | NESTED, attributes.get(CTA_TUPLE_ORIG)!), ...(zone ? [attribute(CTA_ZONE, zone)] : [])];
  return { original, reply, name: Buffer.concat([header(bytes[0]), ...name]) };
}

function parseTuple(bytes: Buffer | undefined): Tuple | undefined {
  if (!bytes) return undefined;
  const parts = attributesOf(bytes);
  const ip = attributesOf(parts.get(CTA_TUPLE_IP) ?? Buffer.alloc(0));
  const proto = attributesOf(parts.get(CTA_TUPLE_PROTO) ?? Buffer.alloc(0));
  const [source, destination] = (ctaIp.find(([type]) => ip.has(type)) ?? ctaIp[0]).map((type) => ip.get(type));
  const protocol = proto.get(CTA_PROTO_NUM);
  if (!source || !destination || !protocol) return undefined;
  return {
    source: ipText(source),
    destination: ipText(destination),
    protocol: protocol[0]!,
    sourcePort: proto.get(CTA_PROTO_SRC_PORT)?.readUInt16BE() ?? 0,
    destinationPort: proto.get(CTA_PROTO_DST_PORT)?.readUInt16BE() ?? 0,
  };
}
