import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { familyOf, ipBytes, ipText, ipv4, ipv6, mustFamilyOf, oneSpelling } from './family.ts';

describe('the family', () => {
  it.each([
    ['10.244.1.2', ipv4],
    ['10.244.0.0/16', ipv4],
    ['fd00::2', ipv6],
    ['fd00:10:244::/56', ipv6],
    ['fe80::1%eth0', undefined],
    ['010.0.0.1', undefined],
    ['web', undefined],
    ['', undefined],
  ])('of %p', (text, want) => expect(familyOf(text)).toBe(want));

  it('is demanded of what has one by contract', () => {
    expect(() => mustFamilyOf('web')).toThrow('not an IP address or range: web');
  });
});

describe('the spelling of an address', () => {
  it.each([
    ['10.0.0.1', '10.0.0.1'],
    ['010.0.0.1', '10.0.0.1'],
    ['FD00:0::1', 'fd00::1'],
    ['fd00:0:0:0::1', 'fd00::1'],
    ['1:2:3:4:5:6::8', '1:2:3:4:5:6:0:8'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['::', '::'],
    ['not one', 'not one'],
  ])('%s is %s', (text, want) => expect(oneSpelling(text)).toBe(want));

  it('is one for every way to write it, and says which address it is', () => {
    const group = fc.oneof(fc.constant(0), fc.nat(0xffff));
    fc.assert(
      fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), fc.boolean(), (groups, padded) => {
        fc.pre(groups.slice(0, 5).some((g) => g !== 0)); // else it may be a mapped IPv4 address
        const long = groups.map((g) => g.toString(16).padStart(padded ? 4 : 0, '0')).join(':');
        const canonical = new ipaddr.IPv6(groups).toString();
        for (const text of [long, long.toUpperCase(), canonical]) expect(oneSpelling(text)).toBe(canonical);
        expect(ipText(ipBytes(canonical))).toBe(canonical);
      }),
    );
  });
});
