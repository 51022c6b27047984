/*
 * Ethernet frames as hex, for specs that send what a well-behaved kernel would not.
 */
const NODE_MAC = 'ee:ee:ee:ee:ee:ee';

interface Ends {
  mac: string;
  from: string;
  to: string;
}

/** A UDP datagram over IPv4, with four letters in it; without a checksum, which UDP allows there. */
export function udp4({ mac, from, to }: Ends, port: number, text = 'data'): string {
  const header = Buffer.from([0x45, 0, 0, 32, 0x12, 0x34, 0, 0, 64, 17, 0, 0, ...ip4(from), ...ip4(to)]);
  header.writeUInt16BE(checksum(header), 10);
  return frame(mac, 0x0800, header, udp(port, text));
}

export function udp6({ mac, from, to }: Ends, port: number, text = 'data'): string {
  const body = udp(port, text);
  body.writeUInt16BE(checksum(Buffer.concat([ip6(from), ip6(to), Buffer.from([0, 0, 0, body.length, 0, 0, 0, 17]), body])), 6);
  return frame(mac, 0x86dd, header6(from, to, { length: body.length, next: 17 }), body);
}

/** ARP: `is-at` says that `address` is at `sender`. */
export function arpReply({ mac, sender, address, target }: { mac: string; sender: string; address: string; target: string }): string {
  const body = Buffer.concat([Buffer.from([0, 1, 8, 0, 6, 4, 0, 2]), bytes(sender), ip4(address), bytes(NODE_MAC), ip4(target)]);
  return frame(mac, 0x0806, body);
}

/** ICMPv6 of neighbour discovery (RFC 4861): a router's (134) or a neighbour's (136) advertisement for `target`. */
export function advertisement({ mac, from, to }: Ends, type: 134 | 136, target: string): string {
  const router = Buffer.from([type, 0, 0, 0, 64, 0, 0x07, 0x08, 0, 0, 0, 0, 0, 0, 0, 0]);
  const neighbour = Buffer.concat([Buffer.from([type, 0, 0, 0, 0x60, 0, 0, 0]), ip6(target), Buffer.from([2, 1]), bytes(mac)]);
  const body = type === 134 ? router : neighbour;
  body.writeUInt16BE(checksum(Buffer.concat([ip6(from), ip6(to), Buffer.from([0, 0, 0, body.length, 0, 0, 0, 58]), body])), 2);
  return frame(mac, 0x86dd, header6(from, to, { length: body.length, next: 58 }), body);
}

const frame = (mac: string, type: number, ...body: readonly Buffer[]): string =>
  Buffer.concat([bytes(NODE_MAC), bytes(mac), Buffer.from([type >> 8, type & 0xff]), ...body]).toString('hex');

const udp = (port: number, text: string): Buffer =>
  Buffer.concat([Buffer.from([0x30, 0x39, port >> 8, port & 0xff, 0, 8 + text.length, 0, 0]), Buffer.from(text)]);

const header6 = (from: string, to: string, { length, next }: { length: number; next: number }): Buffer =>
  Buffer.concat([Buffer.from([0x60, 0, 0, 0, 0, length, next, 255]), ip6(from), ip6(to)]);

const bytes = (mac: string): Buffer => Buffer.from(mac.replaceAll(':', ''), 'hex');
const ip4 = (address: string): Buffer => Buffer.from(address.split('.').map(Number));

function ip6(address: string): Buffer {
  const [head = [], tail = []] = address.split('::').map((part) => part.split(':').filter(Boolean));
  const groups = [...head, ...Array.from({ length: 8 - head.length - tail.length }, () => '0'), ...tail];
  return Buffer.from(groups.map((group) => group.padStart(4, '0')).join(''), 'hex');
}

/** RFC 1071. */
function checksum(data: Buffer): number {
  let sum = 0;
  for (let at = 0; at < data.length; at += 2) sum += data.length - at === 1 ? data[at]! << 8 : data.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
