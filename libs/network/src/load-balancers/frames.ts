import { ipBytes, ipv4, mustFamilyOf } from '../family.ts';
import { macBytes } from '../netlink/route-messages.ts';

/** `mac` and `ip` are the sender's own. */
export interface Sender {
  mac: string;
  /** Of the announced address's family. */
  ip: string;
}

const BROADCAST = Buffer.alloc(6, 0xff);
const ALL_NODES = { mac: Buffer.from('333300000001', 'hex'), ip: ipBytes('ff02::1') };

/** An Ethernet frame that tells everybody on the link that an address is at the sender's: who knew it elsewhere forgets that. */
export const announcement = (address: string, sender: Sender): Buffer =>
  mustFamilyOf(address) === ipv4 ? arpAnnouncement(address, sender) : neighbourAdvertisement(address, sender);

/** RFC 5227, 2.3: a request whose sender and target are the address itself. */
function arpAnnouncement(address: string, { mac }: Sender): Buffer {
  const header = Buffer.from([0, 1, 8, 0, 6, 4, 0, 1]); // Ethernet, IPv4, 6 and 4 bytes, request
  return Buffer.concat([BROADCAST, macBytes(mac), u16(0x0806), header, macBytes(mac), ipBytes(address), Buffer.alloc(6), ipBytes(address)]);
}

/** RFC 4861, 7.2.6: nobody asked (no S), it comes from a router (R), and is to be believed over what is known (O). */
function neighbourAdvertisement(address: string, { mac, ip }: Sender): Buffer {
  const [router, override] = [0x80, 0x20];
  const targetLinkAddress = Buffer.concat([Buffer.from([2, 1]), macBytes(mac)]);
  const body = Buffer.concat([Buffer.from([136, 0, 0, 0, router | override, 0, 0, 0]), ipBytes(address), targetLinkAddress]);
  const pseudo = Buffer.concat([ipBytes(ip), ALL_NODES.ip, Buffer.from([0, 0, 0, body.length, 0, 0, 0, 58])]);
  body.writeUInt16BE(checksum(Buffer.concat([pseudo, body])), 2);
  // The hop limit of 255 shows that no router passed it on.
  const header = Buffer.concat([Buffer.from([0x60, 0, 0, 0, 0, body.length, 58, 255]), ipBytes(ip), ALL_NODES.ip]);
  return Buffer.concat([ALL_NODES.mac, macBytes(mac), u16(0x86dd), header, body]);
}

/** RFC 1071, of an even number of bytes. */
function checksum(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += bytes.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function u16(number: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(number);
  return bytes;
}
