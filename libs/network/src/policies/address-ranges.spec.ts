import { ipv4, ipv6 } from '../family.ts';
import { addressText, merged, type Range, rangeOf, wholeOf, without } from './address-ranges.ts';

const text = (ranges: readonly Range[]): string => ranges.map(([first, last]) => `${first}-${last}`).join(' ');

describe('ranges', () => {
  it.each<[string, Range[], string]>([
    ['none', [], ''],
    [
      'apart',
      [
        [5n, 6n],
        [1n, 2n],
      ],
      '1-2 5-6',
    ],
    [
      'that touch',
      [
        [1n, 2n],
        [3n, 4n],
      ],
      '1-4',
    ],
    [
      'that overlap',
      [
        [1n, 5n],
        [3n, 9n],
      ],
      '1-9',
    ],
    [
      'one in another',
      [
        [1n, 9n],
        [3n, 4n],
        [9n, 9n],
      ],
      '1-9',
    ],
  ])('are merged: %s', (_name, ranges, want) => expect(text(merged(ranges))).toBe(want));

  it.each<[string, Range[], string]>([
    ['none', [], '10-20'],
    ['at the beginning', [[10n, 11n]], '12-20'],
    ['at the end', [[20n, 20n]], '10-19'],
    [
      'amid, and another in it',
      [
        [12n, 15n],
        [13n, 14n],
      ],
      '10-11 16-20',
    ],
    [
      'beyond both ends',
      [
        [0n, 12n],
        [19n, 30n],
      ],
      '13-18',
    ],
    [
      'elsewhere',
      [
        [0n, 9n],
        [21n, 22n],
      ],
      '10-20',
    ],
    [
      'that leave nothing',
      [
        [10n, 15n],
        [16n, 20n],
      ],
      '',
    ],
  ])('have holes: %s', (_name, holes, want) => expect(text(without([10n, 20n], holes))).toBe(want));

  it.each([
    ['10.1.2.3/8', '10.0.0.0-10.255.255.255', ipv4],
    ['010.0.0.1/32', '10.0.0.1', ipv4],
    ['0.0.0.0/0', '0.0.0.0-255.255.255.255', ipv4],
    ['FD00:0::1/127', 'fd00::-fd00::1', ipv6],
    ['::/0', '::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', ipv6],
  ])('of %s are %s', (cidr, want, family) => expect(addressText(rangeOf(cidr, family), family)).toBe(want));

  it('end where the family does', () => expect(text([wholeOf(ipv4)])).toBe('0-4294967295'));
});
