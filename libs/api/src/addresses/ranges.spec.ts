import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { addressAt, rangeAt, sizeOf } from './ranges.ts';

describe('a range', () => {
  it.each([
    ['10.96.0.0/16', 1, '10.96.0.1'],
    ['10.96.3.7/16', 256, '10.96.1.0'],
    ['fd00::/112', 1, 'fd00::1'],
    ['fd00::/64', 65536, 'fd00::1:0'],
    ['2001:db8:0:1::/64', 5, '2001:db8:0:1::5'],
  ])('%s has at %d the address %s', (cidr, offset, want) => expect(addressAt(cidr, offset)).toBe(want));

  it.each([
    ['10.244.0.0/16', 24, 3, '10.244.3.0/24'],
    ['192.168.7.0/24', 26, 3, '192.168.7.192/26'],
    ['fd00:10:244::/56', 64, 255, 'fd00:10:244:ff::/64'],
  ])('%s is cut into /%d, of which the %dth is %s', (cidr, length, i, want) => expect(rangeAt(cidr, length, i)).toBe(want));

  it.each([
    ['10.0.0.0/30', 4],
    ['fd00::/120', 256],
    ['fd00::/48', 2 ** 32],
  ])('%s has %d addresses', (cidr, want) => expect(sizeOf(cidr)).toBe(want));

  it.each([['10.0.0.0'], ['10.0.0.0/33'], ['fd00::/129'], ['x/8']])('%s is none', (text) => expect(() => sizeOf(text)).toThrow('ipaddr'));

  it.each<[string, fc.Arbitrary<number>]>([
    ['10.0.0.0', fc.integer({ min: 8, max: 32 })],
    ['fd00:10::', fc.integer({ min: 32, max: 128 })],
  ])('of %s holds each of its addresses', (base, lengths) => {
    fc.assert(
      fc.property(lengths, fc.nat(), (length, n) => {
        const cidr = `${base}/${length}`;
        const address = ipaddr.parse(addressAt(cidr, n % sizeOf(cidr)));
        expect(address.match(ipaddr.parseCIDR(cidr) as [ipaddr.IPv4, number])).toBe(true);
      }),
    );
  });
});
