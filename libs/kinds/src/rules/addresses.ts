import ipaddr from 'ipaddr.js';
import { canonicalIp, type FieldError, invalidValue, ipFamily, isInCidr, isValidIpSloppy } from '#api';

/** As `spec.ipFamilies` has it. */
export type Family = 'IPv4' | 'IPv6';

/** The address as bytes, alike for all spellings of it; undefined when the text is none. IPv4-mapped IPv6 is IPv4. */
export function parseIp(text: string): { family: Family; bytes: number[] } | undefined {
  const family = familyOf(text);
  if (!family) return undefined;
  // Leading zeros are decimal here, as they ever were in this API; ipaddr.js would read them as octal.
  if (!text.includes(':')) return { family, bytes: text.split('.').map(Number) };
  const address = ipaddr.IPv6.parse(text);
  return { family, bytes: family === 'IPv4' ? address.toIPv4Address().toByteArray() : address.toByteArray() };
}

const families: Readonly<Record<number, Family>> = { 4: 'IPv4', 6: 'IPv6' };

/** Undefined when the text is no address. */
export const familyOf = (text: string): Family | undefined => families[ipFamily(text) ?? 0];

/** Takes every spelling that upstream ever took, leading zeros too: stored objects must stay valid. */
export function isValidIp(text: string, field: string): FieldError[] {
  return isValidIpSloppy(text).map((message) => invalidValue(field, text, message));
}

/** Bits beyond the prefix may be set, as upstream allows in the fields that this is for. */
export function isValidCidr(text: string, field: string): FieldError[] {
  return familyOfCidr(text) ? [] : [invalidValue(field, text, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)')];
}

/** Undefined when the text is no range. */
export function familyOfCidr(text: string): Family | undefined {
  const [address = '', length = '', ...rest] = text.split('/');
  const family = familyOf(address);
  if (!family || rest.length > 0 || !/^\d{1,3}$/.test(length)) return undefined;
  return Number(length) <= (family === 'IPv4' ? 32 : 128) ? family : undefined;
}

/** Whether the address lies in the range. Both must be valid. */
export function inCidr(address: string, cidr: string): boolean {
  if (familyOf(address) !== familyOfCidr(cidr)) return false;
  const [network = '', length] = cidr.split('/');
  return isInCidr(canonicalIp(address)!, `${canonicalIp(network)!}/${length}`); // zeros that lead would be octal there
}

/**
 * Endpoints and external IPs must name another machine: link-local addresses tend to be a node's own services (metadata), loopback
 * would reach the node itself.
 */
export function notSpecialIp(text: string, field: string): FieldError[] {
  const address = parseIp(text);
  if (!address) return [invalidValue(field, text, 'must be a valid IP address')];
  const range = ipaddr.fromByteArray(address.bytes).range();
  const errors: FieldError[] = [];
  if (range === 'unspecified' && address.bytes.every((byte) => byte === 0)) {
    errors.push(invalidValue(field, text, `may not be unspecified (${text})`));
  }
  if (range === 'loopback') errors.push(invalidValue(field, text, 'may not be in the loopback range (127.0.0.0/8, ::1/128)'));
  if (range === 'linkLocal') errors.push(invalidValue(field, text, 'may not be in the link-local range (169.254.0.0/16, fe80::/10)'));
  if (isLinkLocalMulticast(address)) {
    errors.push(invalidValue(field, text, 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)'));
  }
  return errors;
}

function isLinkLocalMulticast({ family, bytes }: { family: Family; bytes: number[] }): boolean {
  const [first = 0, second = 0, third = 0] = bytes;
  return family === 'IPv4' ? first === 224 && second === 0 && third === 0 : first === 0xff && (second & 0x0f) === 0x02;
}
