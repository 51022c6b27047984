import { ipBytes } from '../family.ts';

/** What a pod may call itself on its link: its addresses, and what follows from them. */
export interface PodIdentity {
  ips: readonly string[];
  mac: string;
  /** The address that the kernel gives eth0 by itself, in network order: RFC 4291, appendix A (modified EUI-64). */
  linkLocal: Buffer;
}

/**
 * The hardware address follows from the primary IP address, as CNI's bridge does it (0a:58 and its last four bytes): who knows one knows
 * all, after a restart too.
 */
export function identityOf(ips: readonly string[]): PodIdentity {
  const bytes = [0x0a, 0x58, ...ipBytes(ips[0] ?? '').subarray(-4)];
  const [first = 0, second = 0, third = 0, ...last] = bytes;
  return {
    ips,
    mac: bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(':'),
    linkLocal: Buffer.from([0xfe, 0x80, 0, 0, 0, 0, 0, 0, first ^ 2, second, third, 0xff, 0xfe, ...last]),
  };
}
