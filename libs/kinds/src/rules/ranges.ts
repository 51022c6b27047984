import { parseIp } from './addresses.ts';

/** How many addresses a range has, at most 2^32. */
export function sizeOf(cidr: string): number {
  const [address = '', length = '0'] = cidr.split('/');
  const bits = (parseIp(address)?.bytes.length ?? 4) * 8 - Number(length);
  return 2 ** Math.min(bits, 32);
}

/** The address `offset` after the first of the range, as canonical text. */
export function addressAt(cidr: string, offset: number): string {
  const [address = '', length = '0'] = cidr.split('/');
  const bytes = parseIp(address)?.bytes ?? [0, 0, 0, 0];
  const bits = BigInt(bytes.length * 8);
  const host = bits - BigInt(length);
  const base = (bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n) >> host) << host;
  return textOf(base + BigInt(offset), bytes.length);
}

function textOf(value: bigint, length: number): string {
  const bytes = Array.from({ length }, (_, i) => Number((value >> BigInt(8 * (length - 1 - i))) & 0xffn));
  if (length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, i) => (((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0)).toString(16));
  return compressed(groups);
}

/** RFC 5952 §4.2: the longest run of zero groups, the first of equals, becomes `::`. */
function compressed(groups: readonly string[]): string {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (groups[start + length] === '0') length++;
    if (length > best.length) best = { start, length };
  }
  if (best.length < 2) return groups.join(':');
  return `${groups.slice(0, best.start).join(':')}::${groups.slice(best.start + best.length).join(':')}`;
}
