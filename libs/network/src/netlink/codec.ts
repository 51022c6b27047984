/*
 * Netlink messages on the wire, netlink(7): headers in the host's byte order (little-endian on all that Berth runs on), bodies by family.
 */
export const Flag = { Request: 1, Ack: 4, Dump: 0x300, Replace: 0x100, Exclusive: 0x200, Create: 0x400 } as const;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const HEADER_BYTES = 16;
/** NLA_F_NESTED: the attribute's body is attributes. */
export const NESTED = 0x8000;

/** One request: NLM_F_REQUEST is always set. The sequence number stays 0: answers are counted, not matched with their requests. */
export function message(type: number, flags: number, ...body: readonly Buffer[]): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32LE(HEADER_BYTES + body.reduce((sum, part) => sum + part.length, 0), 0);
  header.writeUInt16LE(type, 4);
  header.writeUInt16LE(flags | Flag.Request, 6);
  return Buffer.concat([header, ...body]);
}

/** One attribute, padded; several parts make its body. */
export function attribute(type: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const bytes = Buffer.alloc(align(4 + body.length));
  bytes.writeUInt16LE(4 + body.length, 0);
  bytes.writeUInt16LE(type, 2);
  body.copy(bytes, 4);
  return bytes;
}

/** By type, without its flags; of several with one type the last. What is cut off at the end is left out. */
export function attributesOf(bytes: Buffer): Map<number, Buffer> {
  const attributes = new Map<number, Buffer>();
  for (let at = 0; at + 4 <= bytes.length; ) {
    const length = bytes.readUInt16LE(at);
    if (length < 4 || at + length > bytes.length) break;
    attributes.set(bytes.readUInt16LE(at + 2) & 0x3fff, bytes.subarray(at + 4, at + length));
    at += align(length);
  }
  return attributes;
}

export interface Reply {
  /** Messages that carry something: type and body. */
  messages: { type: number; body: Buffer }[];
  /** How many requests have been acknowledged, or refused; a dump ends with one. */
  settled: number;
  /** The first positive error number, 0 for success. */
  errno: number;
}

/** Reads what one read of the socket gave. */
export function parseReply(bytes: Buffer): Reply {
  const reply: Reply = { messages: [], settled: 0, errno: 0 };
  for (let at = 0; at + HEADER_BYTES <= bytes.length; ) {
    const length = bytes.readUInt32LE(at);
    if (length < HEADER_BYTES || at + length > bytes.length) break;
    const type = bytes.readUInt16LE(at + 4);
    if (type === NLMSG_DONE || type === NLMSG_ERROR) {
      reply.settled++;
      if (type === NLMSG_ERROR) reply.errno ||= Math.abs(bytes.readInt32LE(at + HEADER_BYTES));
    } else {
      reply.messages.push({ type, body: bytes.subarray(at + HEADER_BYTES, at + length) });
    }
    at += align(length);
  }
  return reply;
}

/** In the host's byte order. */
export const u32 = (number: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(number);
  return bytes;
};

/** Text with the zero byte that the kernel wants. */
export const zeroEnded = (text: string): Buffer => Buffer.from(`${text}\0`);

const align = (length: number): number => (length + 3) & ~3;
