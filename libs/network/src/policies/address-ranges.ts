import { type AddressFamily, ipBytes, ipText, oneSpelling } from '../family.ts';

/** From the first to the last number, both included. */
export type Range = readonly [first: bigint, last: bigint];

/** Sorted; what overlaps or touches is one range. */
export function merged(ranges: readonly Range[]): Range[] {
  const all: [bigint, bigint][] = [];
  for (const [first, last] of ranges.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))) {
    const before = all.at(-1);
    if (before && first <= before[1] + 1n) before[1] = last > before[1] ? last : before[1];
    else all.push([first, last]);
  }
  return all;
}

/** What is left of a range. */
export function without([first, last]: Range, holes: readonly Range[]): Range[] {
  const left: Range[] = [];
  let next = first;
  for (const [from, to] of merged(holes)) {
    if (to < next || from > last) continue;
    if (from > next) left.push([next, from - 1n]);
    next = to + 1n;
  }
  return next <= last ? [...left, [next, last]] : left;
}

/** Of a range as `10.0.0.0/8`: bits of the host that are set do not count, and zeros may lead, as in the API. */
export function rangeOf(cidr: string, { bits }: AddressFamily): Range {
  const [ip = '', length] = cidr.split('/');
  const size = 1n << BigInt(bits - Number(length ?? bits));
  const first = (BigInt(`0x${ipBytes(oneSpelling(ip)).toString('hex')}`) / size) * size;
  return [first, first + size - 1n];
}

/** All addresses of a family. */
export const wholeOf = ({ bits }: AddressFamily): Range => [0n, (1n << BigInt(bits)) - 1n];

/** As nftables has it. */
export function addressText([first, last]: Range, family: AddressFamily): string {
  const text = (number: bigint): string => ipText(Buffer.from(number.toString(16).padStart(family.bits / 4, '0'), 'hex'));
  return first === last ? text(first) : `${text(first)}-${text(last)}`;
}

export const numberText = ([first, last]: Range): string => (first === last ? `${first}` : `${first}-${last}`);
