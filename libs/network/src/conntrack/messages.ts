/*
 * The few netlink messages that connection tracking needs: linux/netlink.h, linux/netfilter/nfnetlink_conntrack.h. Numbers in headers are in
 * the host's byte order (little-endian on all that Berth runs on), those in attributes in network order.
 */
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const NLM_F_REQUEST = 1;
const NLM_F_ACK = 4;
const NLM_F_DUMP = 0x300;
const CT_SUBSYSTEM = 1 << 8;
const CT_NEW = 0;
const CT_GET = 1;
const CT_DELETE = 2;
const HEADER_BYTES = 20; // nlmsghdr and nfgenmsg
const AF_INET = 2;
const NESTED = 0x8000;

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

export const dumpRequest = (sequence: number): Buffer => message(CT_GET, NLM_F_REQUEST | NLM_F_DUMP, sequence);

export const deleteRequest = ({ name }: Connection, sequence: number): Buffer =>
  message(CT_DELETE, NLM_F_REQUEST | NLM_F_ACK, sequence, name);

function message(type: number, flags: number, sequence: number, body: Buffer = Buffer.alloc(0)): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32LE(HEADER_BYTES + body.length, 0);
  header.writeUInt16LE(CT_SUBSYSTEM | type, 4);
  header.writeUInt16LE(flags, 6);
  header.writeUInt32LE(sequence, 8);
  header.writeUInt8(AF_INET, 16);
  return Buffer.concat([header, body]);
}

export interface Reply {
  connections: Connection[];
  /** Nothing more comes: the dump has ended, or the request was acknowledged. */
  done: boolean;
  /** A positive error number, 0 for success. */
  errno: number;
}

/** Reads what one read of the socket gave. */
export function parseReply(bytes: Buffer): Reply {
  const reply: Reply = { connections: [], done: false, errno: 0 };
  for (let at = 0; at + 16 <= bytes.length; ) {
    const length = bytes.readUInt32LE(at);
    if (length < 16 || at + length > bytes.length) break;
    const type = bytes.readUInt16LE(at + 4);
    if (type === NLMSG_DONE || type === NLMSG_ERROR) {
      reply.done = true;
      if (type === NLMSG_ERROR) reply.errno = -bytes.readInt32LE(at + 16);
    } else if (type === (CT_SUBSYSTEM | CT_NEW)) {
      const connection = parseConnection(bytes.subarray(at + HEADER_BYTES, at + length));
      if (connection) reply.connections.push(connection);
    }
    at += align(length);
  }
  return reply;
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

function attributesOf(bytes: Buffer): Map<number, Buffer> {
  const attributes = new Map<number, Buffer>();
  for (let at = 0; at + 4 <= bytes.length; ) {
    const length = bytes.readUInt16LE(at);
    if (length < 4 || at + length > bytes.length) break;
    attributes.set(bytes.readUInt16LE(at + 2) & 0x3fff, bytes.subarray(at + 4, at + length));
    at += align(length);
  }
  return attributes;
}

function attribute(type: number, body: Buffer): Buffer {
  const bytes = Buffer.alloc(align(4 + body.length));
  bytes.writeUInt16LE(4 + body.length, 0);
  bytes.writeUInt16LE(type, 2);
  body.copy(bytes, 4);
  return bytes;
}

const align = (length: number): number => (length + 3) & ~3;
