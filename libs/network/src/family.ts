import { isIPv4, isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';
import { canonicalIp } from '#api';

/** What differs between the address families. Every rule of the network stands once and is made for each of them with these words. */
export interface AddressFamily {
  /** As in `ipFamilies` and `addressType`. */
  readonly name: 'IPv4' | 'IPv6';
  /** AF_INET, AF_INET6. */
  readonly number: 2 | 10;
  /** Bits of an address. */
  readonly bits: 32 | 128;
  /** nftables' word for the family of a table, and for the header in a rule. */
  readonly nft: 'ip' | 'ip6';
  readonly nftAddress: 'ipv4_addr' | 'ipv6_addr';
  readonly nftUnreachable: string;
  /** What errors come as; nftables' word too. */
  readonly icmp: 'icmp' | 'ipv6-icmp';
  readonly loopback: string;
  /** The address that stands for all of the family. */
  readonly any: string;
  /** Whether a text is an address of the family. */
  readonly owns: (ip: string) => boolean;
  /** `ip:port` as nftables and URLs have it. */
  socket(ip: string, port: number): string;
}

/** One object for each family, so that they are compared by `===`. */
export const ipv4: AddressFamily = {
  name: 'IPv4',
  number: 2,
  bits: 32,
  nft: 'ip',
  nftAddress: 'ipv4_addr',
  nftUnreachable: 'icmp type port-unreachable',
  icmp: 'icmp',
  loopback: '127.0.0.0/8',
  any: '0.0.0.0',
  owns: isIPv4,
  socket: (ip, port) => `${ip}:${port}`,
};

export const ipv6: AddressFamily = {
  name: 'IPv6',
  number: 10,
  bits: 128,
  nft: 'ip6',
  nftAddress: 'ipv6_addr',
  nftUnreachable: 'icmpv6 type port-unreachable',
  icmp: 'ipv6-icmp',
  loopback: '::1',
  any: '::',
  // Not with a zone (`fe80::1%eth0`): that names an interface of one machine.
  owns: (ip) => isIPv6(ip) && !ip.includes('%'),
  socket: (ip, port) => `[${ip}]:${port}`,
};

/** Of an address or a range; undefined for other text, such as an address with a zone. */
export function familyOf(text: string): AddressFamily | undefined {
  const [ip = ''] = text.split('/', 1);
  return [ipv4, ipv6].find((family) => family.owns(ip));
}

/** Of what is one by contract. Throws where it is not. */
export function mustFamilyOf(text: string): AddressFamily {
  const family = familyOf(text);
  if (!family) throw new Error(`not an IP address or range: ${text}`);
  return family;
}

/** For `filter` and `find`: texts of other families, and what is no address, are left out. */
export const ofFamily =
  (family: AddressFamily) =>
  (text: string): boolean =>
    familyOf(text) === family;

/**
 * Clients may spell addresses as they like (`FD00:0::1`, `010.0.0.1`), and the tables compare their texts. Nearly all come as RFC 5952 has
 * them, which is told in a fraction of the time that reading takes: the tables are made from all services whenever one changes.
 */
export function oneSpelling(ip: string): string {
  // No group begins with a zero, and `::` stands for two at least.
  const isPlain = isIPv4(ip) || (/^(?!.*(?:^|:)0)[0-9a-f:]*::[0-9a-f:]*$/.test(ip) && ip.split(':').length < 8);
  return isPlain ? ip : (canonicalIp(ip) ?? ip);
}

/** In network order. Throws for what is no address. */
export const ipBytes = (ip: string): Buffer => Buffer.from(ipaddr.parse(ip).toByteArray());

/** For IPv6 as RFC 5952 writes it; takes 4 or 16 bytes and throws for others. */
export const ipText = (bytes: Buffer): string => ipaddr.fromByteArray([...bytes]).toString();
