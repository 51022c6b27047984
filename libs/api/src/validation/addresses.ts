import ipaddr from 'ipaddr.js';
import { type FieldError, invalidValue, required } from '../meta/field-error.ts';
import { isDns1123Subdomain, isQualifiedName, regexError } from './names.ts';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** Reads an address as old Kubernetes did: leading zeros are decimal, IPv4-mapped IPv6 is IPv4. Undefined when it is none. */
function readLoosely(text: string): { address: Address; strict: boolean; mapped: boolean } | undefined {
  const octets = /^(\d{1,10})\.(\d{1,10})\.(\d{1,10})\.(\d{1,10})$/.exec(text);
  if (octets) {
    const numbers = octets.slice(1).map(Number);
    if (numbers.some((n) => n > 255)) return undefined;
    return { address: new ipaddr.IPv4(numbers), strict: octets.slice(1).every((o) => o === String(Number(o))), mapped: false };
  }
  if (text.includes('%') || !text.includes(':') || !ipaddr.IPv6.isValid(text)) return undefined;
  const address = ipaddr.IPv6.parse(text);
  return address.isIPv4MappedAddress()
    ? { address: address.toIPv4Address(), strict: true, mapped: true }
    : { address, strict: true, mapped: false };
}

/** The one spelling of an address (RFC 5952 for IPv6). */
function canonical(address: Address): string {
  return address.kind() === 'ipv4' ? address.toString() : (address as ipaddr.IPv6).toRFC5952String();
}

/** The one spelling of an address, whatever spelling it comes in; undefined when the text is none. */
export function canonicalIp(text: string): string | undefined {
  const read = readLoosely(text);
  return read && canonical(read.address);
}

/** `4` or `6`; undefined when the text is no address. */
export function ipFamily(text: string): 4 | 6 | undefined {
  const read = readLoosely(text);
  return read && (read.address.kind() === 'ipv4' ? 4 : 6);
}

/** Complaints about an IP address; `k8s.io/apimachinery/pkg/util/validation` IsValidIP. */
export function isValidIp(value: string): string[] {
  const read = readLoosely(value);
  if (!read) return ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'];
  if (!read.strict) return ['must not have leading 0s'];
  if (read.mapped) return ['must not be an IPv4-mapped IPv6 address'];
  const text = canonical(read.address);
  return text === value ? [] : [`must be in canonical form (${JSON.stringify(text)})`];
}

/** The same for fields older than the strict rules (pod and service addresses): any spelling of an address will do. */
export function isValidIpSloppy(value: string): string[] {
  return readLoosely(value) ? [] : ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'];
}

function masked(address: Address, bits: number): string {
  const bytes = address.toByteArray().map((byte, i) => byte & (0xff << Math.max(0, Math.min(8, 8 - (bits - i * 8)))) & 0xff);
  return canonical(ipaddr.fromByteArray(bytes));
}

/** Complaints about a CIDR; `sloppy` as for addresses. */
export function isValidCidr(value: string, { sloppy = false } = {}): string[] {
  const [host = '', length = '', ...rest] = value.split('/');
  const read = readLoosely(host);
  const bits = /^\d{1,3}$/.test(length) ? Number(length) : -1;
  if (!read || rest.length > 0 || bits < 0 || bits > (read.address.kind() === 'ipv4' && !read.mapped ? 32 : 128)) {
    return ['must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'];
  }
  if (sloppy) return [];
  if (!read.strict || length !== String(bits)) return ['must not have leading 0s in IP or prefix length'];
  if (read.mapped) return ['must not have an IPv4-mapped IPv6 address'];
  const text = canonical(read.address);
  if (masked(read.address, bits) !== text) return ['must not have bits set beyond the prefix length'];
  return host === text ? [] : [`must be in canonical form (${JSON.stringify(`${text}/${bits}`)})`];
}

/** What is wrong with an address that is taken in an old field all the same; `k8s.io/apimachinery/pkg/util/validation` GetWarningsForIP. */
export function ipWarnings(field: string, value: string): string[] {
  const read = readLoosely(value);
  if (!read) return [];
  const [given, own] = [value, canonical(read.address)].map((text) => JSON.stringify(text));
  if (!read.strict || read.mapped) {
    return [`${field}: non-standard IP address ${given} will be considered invalid in a future Kubernetes release: use ${own}`];
  }
  return own === given ? [] : [`${field}: IPv6 address ${given} should be in RFC 5952 canonical format (${own})`];
}

/** What is wrong with a CIDR that is taken in an old field all the same; `k8s.io/apimachinery/pkg/util/validation` GetWarningsForCIDR. */
export function cidrWarnings(field: string, value: string): string[] {
  const [host = '', length = ''] = value.split('/');
  const read = readLoosely(host);
  if (!read || isValidCidr(value, { sloppy: true }).length > 0) return [];
  const { address, strict, mapped } = read;
  const bits = Math.max(0, Number(length) - (mapped ? 96 : 0));
  const [own, given] = [canonical(address), JSON.stringify(value)];
  const network = JSON.stringify(`${masked(address, bits)}/${bits}`);
  const warnings: string[] = [];
  if (masked(address, bits) !== own) {
    const single = JSON.stringify(`${own}/${address.kind() === 'ipv4' ? 32 : 128}`);
    warnings.push(`${field}: CIDR value ${given} is ambiguous in this context (should be ${network} or ${single}?)`);
  }
  if (!strict || mapped || length !== String(Number(length))) {
    warnings.push(`${field}: non-standard CIDR value ${given} will be considered invalid in a future Kubernetes release: use ${network}`);
  }
  if (warnings.length > 0 || host === own) return warnings;
  return [`${field}: IPv6 CIDR value ${given} should be in RFC 5952 canonical format (${network})`];
}

/** `acme.io/foo`: signer names and the like. */
export function isDomainPrefixedPath(field: string, value: string): FieldError[] {
  if (value === '') return [required(field)];
  const slash = value.indexOf('/');
  const host = value.slice(0, Math.max(0, slash));
  const path = value.slice(slash + 1);
  if (slash < 0 || host === '' || path === '') {
    return [invalidValue(field, value, 'must be a domain-prefixed path (such as "acme.io/foo")')];
  }
  const pathPattern = `[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+`;
  return [
    ...isDns1123Subdomain(host).map((m) => invalidValue(field, host, m)),
    ...(new RegExp(`^${pathPattern}$`).test(path) ? [] : [invalidValue(field, path, regexError('Invalid path', pathPattern))]),
  ];
}

/** A qualified name that must have its prefix. */
export function isDomainPrefixedKey(field: string, value: string): FieldError[] {
  if (value === '') return [required(field)];
  const errors = isQualifiedName(value).map((m) => invalidValue(field, value, m));
  if (errors.length > 0 || value.includes('/')) return errors;
  return [invalidValue(field, value, 'must be a domain-prefixed key (such as "acme.io/foo")')];
}

/** A domain of at least three segments. */
export function isFullyQualifiedName(field: string, value: string): FieldError[] {
  if (value === '') return [required(field)];
  const errors = isDns1123Subdomain(value);
  if (errors.length > 0) return [invalidValue(field, value, errors.join(','))];
  return value.split('.').length < 3
    ? [invalidValue(field, value, 'should be a domain with at least three segments separated by dots')]
    : [];
}
