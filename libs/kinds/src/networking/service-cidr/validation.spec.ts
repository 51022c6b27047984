import { cells, complaintsAbout, created, updated } from '../../testing.ts';
import { serviceCidr } from './kind.ts';

const dual = ['10.98.0.0/24', 'fd00:98::/112'];

describe('a ServiceCIDR', () => {
  it.each<[string, string[] | undefined, string[]]>([
    ['of both families', dual, []],
    ['of one', ['fd00:98::/112'], []],
    ['of none', [], ['spec.cidrs: Required value: at least one CIDR required']],
    [
      'of three',
      [...dual, '10.99.0.0/24'],
      ['spec.cidrs: Invalid value: {"cidrs":["10.98.0.0/24","fd00:98::/112","10.99.0.0/24"]}: may only hold up to 2 values'],
    ],
    [
      'of two of one family',
      ['10.98.0.0/24', '10.99.0.0/24'],
      [
        'spec.cidrs: Invalid value: ["10.98.0.0/24","10.99.0.0/24"]: may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64',
      ],
    ],
  ])('%s', (_name, cidrs, want) => expect(complaintsAbout(serviceCidr, { spec: { cidrs } })).toEqual(want));

  it.each(['x', '10.98.0.1/24', '10.98.0.0', 'FD00:98::/112'])('refuses %s, and says where', (cidr) => {
    expect(complaintsAbout(serviceCidr, { spec: { cidrs: [cidr] } })).toEqual([
      expect.stringMatching(/^spec\.cidrs\[0\]: Invalid value: /),
    ]);
  });

  it.each<[string[], string[], string[]]>([
    [['10.98.0.0/24'], dual, []],
    [dual, dual, []],
    [['10.98.0.0/24'], ['10.98.0.0/23'], ['spec.cidrs[0]: Invalid value: "10.98.0.0/23": field is immutable']],
    [['10.98.0.0/24'], ['10.99.0.0/24', 'fd00:98::/112'], ['spec.cidrs[0]: Invalid value: "10.99.0.0/24": field is immutable']],
    [dual, ['10.98.0.0/24'], ['spec.cidrs: Invalid value: ["10.98.0.0/24"]: field is immutable']],
  ])('%j may become %j: %j', (before, next, want) => {
    const stored = created(serviceCidr, { spec: { cidrs: before } });
    expect(updated(serviceCidr, stored, { metadata: stored.metadata, spec: { cidrs: next } }).complaints).toEqual(want);
  });

  it('shows its ranges', () =>
    expect(cells(serviceCidr, created(serviceCidr, { spec: { cidrs: dual } }))).toMatchObject({ CIDRs: dual.join() }));
});
