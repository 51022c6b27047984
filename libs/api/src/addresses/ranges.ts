import ipaddr from 'ipaddr.js';

/** How many addresses a range has, at most 2^32. Throws for what is no range. */
export function sizeOf(cidr: string): number {
  const { bits, length } = parse(cidr);
  return 2 ** Math.min(bits - length, 32);
}

/** The address `offset` after the first of the range, as canonical text (RFC 5952). Throws for what is no range. */
export function addressAt(cidr: string, offset: number): string {
  const { base, bits } = parse(cidr);
  return textOf(base + BigInt(offset), bits);
}

/** Whether an address lies in a range; never where the families differ. Throws for what is none. */
export function isInCidr(address: string, cidr: string): boolean {
  const [ip, range] = [ipaddr.parse(address), ipaddr.parseCIDR(cidr)];
  return ip.kind() === range[0].kind() && ip.match(range as [ipaddr.IPv4, number]);
}

/** The i-th of the ranges of `length` bits that a range is cut into. Throws for what is no range. */
export function rangeAt(cidr: string, length: number, i: number): string {
  const { base, bits } = parse(cidr);
  return `${textOf(base + (BigInt(i) << BigInt(bits - length)), bits)}/${length}`;
}

function textOf(address: bigint, bits: number): string {
  const hex = address.toString(16).padStart(bits / 4, '0');
  return ipaddr.fromByteArray([...Buffer.from(hex, 'hex')]).toString();
}

function parse(cidr: string): { base: bigint; bits: number; length: number } {
  const [address, length] = ipaddr.parseCIDR(cidr);
  const bytes = address.toByteArray();
  const host = BigInt(bytes.length * 8 - length);
  return { base: (BigInt(`0x${Buffer.from(bytes).toString('hex')}`) >> host) << host, bits: bytes.length * 8, length };
}
