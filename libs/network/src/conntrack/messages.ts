import { attribute, attributesOf, Flag, message, NESTED } from '../netlink/codec.ts';

/*
 * Connection tracking over netlink: linux/netfilter/nfnetlink_conntrack.h. Numbers in its attributes are in network order.
 */
const CT_SUBSYSTEM = 1 << 8;
const CT_NEW = 0;
const CT_GET = 1;
const CT_DELETE = 2;
/** nfgenmsg: IPv4. */
const family = Buffer.from([2, 0, 0, 0]);

const CTA_TUPLE_ORIG = 1;
const CTA_TUPLE_REPLY = 2;
const CTA_ZONE = 18;
const CTA_TUPLE_IP = 1;
const CTA_TUPLE_PROTO = 2;
const CTA_IP_V4_SRC = 1;
const CTA_IP_V4_DST = 2;
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
  /** The attributes that name it, for deleting it. */
  name: Buffer;
}

export const dumpRequest = (): Buffer => message(CT_SUBSYSTEM | CT_GET, Flag.Dump, family);

export const deleteRequest = ({ name }: Connection): Buffer => message(CT_SUBSYSTEM | CT_DELETE, Flag.Ack, family, name);

/** The entries among the messages of an answer. */
export function connectionsIn(messages: readonly { type: number; body: Buffer }[]): Connection[] {
  return messages.flatMap(({ type, body }) =>
    type === (CT_SUBSYSTEM | CT_NEW) ? (parseConnection(body.subarray(family.length)) ?? []) : [],
  );
}

function parseConnection(bytes: Buffer): Connection | undefined {
  const attributes = attributesOf(bytes);
  const original = parseTuple(attributes.get(CTA_TUPLE_ORIG));
  const reply = parseTuple(attributes.get(CTA_TUPLE_REPLY));
  if (!original || !reply) return undefined;
  const zone = attributes.get(CTA_ZONE);
  const name = [attribute(CTA_TUPLE_ORIG | NESTED, attributes.get(CTA_TUPLE_ORIG)!), ...(zone ? [attribute(CTA_ZONE, zone)] : [])];
  return { original, reply, name: Buffer.concat(name) };
}

function parseTuple(bytes: Buffer | undefined): Tuple | undefined {
  if (!bytes) return undefined;
  const parts = attributesOf(bytes);
  const ip = attributesOf(parts.get(CTA_TUPLE_IP) ?? Buffer.alloc(0));
  const proto = attributesOf(parts.get(CTA_TUPLE_PROTO) ?? Buffer.alloc(0));
  const source = ip.get(CTA_IP_V4_SRC);
  const destination = ip.get(CTA_IP_V4_DST);
  const protocol = proto.get(CTA_PROTO_NUM);
  if (!source || !destination || !protocol) return undefined;
  return {
    source: source.join('.'),
    destination: destination.join('.'),
    protocol: protocol[0]!,
    sourcePort: proto.get(CTA_PROTO_SRC_PORT)?.readUInt16BE() ?? 0,
    destinationPort: proto.get(CTA_PROTO_DST_PORT)?.readUInt16BE() ?? 0,
  };
}
