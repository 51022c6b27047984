import { freeAddresses, type IpamRequest, rangesFor } from './ipam.ts';

const ask = (request: Partial<IpamRequest>): IpamRequest => ({
  Subnet: '',
  IPRange: '',
  Gateway: '',
  AuxiliaryAddresses: null,
  ...request,
});
const context = { ipv6: false, taken: ['172.17.0.0/16', '10.244.0.0/16'], localRange: 'fd00:1:2:3::/64' };

describe('the ranges of a network', () => {
  it.each([
    ['the first pool that nobody has', [], {}, [{ subnet: '172.18.0.0/16', gateway: '172.18.0.1' }]],
    [
      'also past one that is a part of it',
      [],
      { taken: ['172.18.5.0/24', '172.16.0.0/14'] },
      [{ subnet: '172.20.0.0/16', gateway: '172.20.0.1' }],
    ],
    ['smaller ones after those', [], { taken: ['172.0.0.0/8'] }, [{ subnet: '192.168.0.0/20', gateway: '192.168.0.1' }]],
    ['what is asked for', [ask({ Subnet: '10.5.0.0/16' })], {}, [{ subnet: '10.5.0.0/16', gateway: '10.5.0.1' }]],
    [
      'with a gateway and a part for containers',
      [ask({ Subnet: '10.5.0.0/16', IPRange: '10.5.8.0/24', Gateway: '10.5.0.254' })],
      {},
      [{ subnet: '10.5.0.0/16', range: '10.5.8.0/24', gateway: '10.5.0.254' }],
    ],
    [
      'a gateway out of the part, past what is reserved',
      [ask({ Subnet: '10.5.0.0/16', IPRange: '10.5.8.0/24', AuxiliaryAddresses: { router: '10.5.8.0' } })],
      {},
      [{ subnet: '10.5.0.0/16', range: '10.5.8.0/24', gateway: '10.5.8.1', auxiliary: { router: '10.5.8.0' } }],
    ],
    [
      'IPv6 of its own',
      [],
      { ipv6: true },
      [
        { subnet: '172.18.0.0/16', gateway: '172.18.0.1' },
        { subnet: 'fd00:1:2:3::/64', gateway: 'fd00:1:2:3::1' },
      ],
    ],
    [
      'IPv6 that is asked for',
      [ask({ Subnet: '2001:db8:1::/64' })],
      { ipv6: true },
      [
        { subnet: '172.18.0.0/16', gateway: '172.18.0.1' },
        { subnet: '2001:db8:1::/64', gateway: '2001:db8:1::1' },
      ],
    ],
    ['no IPv6 where it is off', [ask({ Subnet: '2001:db8:1::/64' })], {}, [{ subnet: '172.18.0.0/16', gateway: '172.18.0.1' }]],
  ])('are %s', (_name, requests, more, ranges) => {
    expect(rangesFor(requests, { ...context, ...more })).toEqual(ranges);
  });

  it.each([
    [{ Subnet: '10.5.0.0/99' }, 400, 'invalid network config:\ninvalid subnet 10.5.0.0/99: invalid CIDR block notation'],
    [{ Subnet: '10.5.0.7/16' }, 400, 'invalid network config:\ninvalid subnet 10.5.0.7/16: it should be 10.5.0.0/16'],
    [
      { Subnet: '10.5.0.0/16', Gateway: '10.6.0.1' },
      400,
      "invalid network config:\ninvalid gateway 10.6.0.1: parent subnet 10.5.0.0/16 doesn't contain this address",
    ],
    [
      { Subnet: '10.5.0.0/16', IPRange: '10.6.0.0/24' },
      400,
      "invalid network config:\ninvalid ip-range 10.6.0.0/24: parent subnet 10.5.0.0/16 doesn't contain ip-range",
    ],
    [
      { Subnet: '10.5.0.0/24', IPRange: '10.5.0.0/16' },
      400,
      'invalid network config:\ninvalid ip-range 10.5.0.0/16: CIDR block is bigger than its parent subnet 10.5.0.0/24',
    ],
    [
      { Subnet: '10.5.0.0/24', AuxiliaryAddresses: { r: 'x' } },
      400,
      'invalid network config:\ninvalid auxiliary address x (host r): invalid address',
    ],
    [{ Subnet: '172.17.4.0/24' }, 403, 'invalid pool request: Pool overlaps with other one on this address space'],
    [{ Subnet: '172.16.0.0/12' }, 403, 'invalid pool request: Pool overlaps with other one on this address space'],
    [{ Subnet: '10.244.7.0/24' }, 403, 'invalid pool request: Pool overlaps with other one on this address space'],
  ])('%j is refused', (request, status, message) => {
    expect(() => rangesFor([ask(request)], context)).toThrow(expect.objectContaining({ status, message }));
  });

  it('end where all pools are taken', () => {
    const full = { ...context, taken: ['172.0.0.0/8', '192.168.0.0/16'] };
    expect(() => rangesFor([], full)).toThrow(
      expect.objectContaining({ status: 503, message: 'all predefined address pools have been fully subnetted' }),
    );
  });
});

it('gives out addresses but the network’s own, its broadcast, its gateway and what is reserved', () => {
  const addresses = [...freeAddresses({ subnet: '10.5.0.0/29', gateway: '10.5.0.1', auxiliary: { router: '10.5.0.3' } })];
  expect(addresses).toEqual(['10.5.0.2', '10.5.0.4', '10.5.0.5', '10.5.0.6']);
});
