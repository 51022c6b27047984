import { complaintsAbout, created, type Json } from '../../testing.ts';
import { networkPolicy } from './kind.ts';
import { networkPolicyWarnings } from './validation.ts';

const from = (peer: Json, port?: Json): Json => ({ podSelector: {}, ingress: [{ from: [peer], ...(port && { ports: [port] }) }] });

describe('a network policy', () => {
  it.each<[string, Json, string[]]>([
    ['of pods', from({ podSelector: { matchLabels: { a: 'b' } } }, { port: 80, endPort: 90 }), []],
    ['of a range with zeros that lead, which are no octal', from({ ipBlock: { cidr: '010.0.0.0/8', except: ['10.010.0.0/16'] } }), []],
    ['of a range with a hole', from({ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } }), []],
    [
      'of a range with a hole elsewhere, and of pods',
      from({ podSelector: {}, ipBlock: { cidr: '10.0.0.0/8', except: ['11.0.0.0/8'] } }),
      [
        'spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: "11.0.0.0/8": must be a strict subset of `cidr`',
        'spec.ingress[0].from[0]: Forbidden: may not specify both ipBlock and another peer',
      ],
    ],
    ['of nobody', from({}), ['spec.ingress[0].from[0]: Required value: must specify a peer']],
    [
      'of ports the wrong way round',
      from({ podSelector: {} }, { port: 80, endPort: 79 }),
      ['spec.ingress[0].ports[0].endPort: Invalid value: 79: must be greater than or equal to `port`'],
    ],
    [
      'of a range up to a port that is none',
      from({ podSelector: {} }, { port: 80, endPort: 65536 }),
      ['spec.ingress[0].ports[0].endPort: Invalid value: 65536: must be between 1 and 65535, inclusive'],
    ],
    [
      'of a range from a name on',
      from({ podSelector: {} }, { port: 'Web', endPort: 65536 }),
      [
        'spec.ingress[0].ports[0].endPort: Invalid value: 65536: may not be specified when `port` is non-numeric',
        'spec.ingress[0].ports[0].port: Invalid value: "Web": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)',
      ],
    ],
    [
      'of a range from nowhere on',
      from({ podSelector: {} }, { endPort: 65536 }),
      ['spec.ingress[0].ports[0].endPort: Invalid value: 65536: may not be specified when `port` is not specified'],
    ],
  ])('%s', (_name, spec, want) => expect(complaintsAbout(networkPolicy, { spec })).toEqual(want));

  it.each<[string, string[]]>([
    ['10.0.0.0/8', []],
    ['10.1.2.3/8', ['ipBlock.cidr: CIDR value "10.1.2.3/8" is ambiguous in this context (should be "10.0.0.0/8" or "10.1.2.3/32"?)']],
    [
      '010.000.0.0/8',
      ['ipBlock.cidr: non-standard CIDR value "010.000.0.0/8" will be considered invalid in a future Kubernetes release: use "10.0.0.0/8"'],
    ],
    [
      '2001:db8:0:0::1/064',
      [
        'ipBlock.cidr: CIDR value "2001:db8:0:0::1/064" is ambiguous in this context (should be "2001:db8::/64" or "2001:db8::1/128"?)',
        'ipBlock.cidr: non-standard CIDR value "2001:db8:0:0::1/064" will be considered invalid in a future Kubernetes release: use "2001:db8::/64"',
      ],
    ],
    ['2001:DB8:0:0::/64', ['ipBlock.cidr: IPv6 CIDR value "2001:DB8:0:0::/64" should be in RFC 5952 canonical format ("2001:db8::/64")']],
  ])('of %s is taken, and warned of', (cidr, want) => {
    const spec = { podSelector: {}, egress: [{ to: [{ ipBlock: { cidr } }] }] };
    expect(complaintsAbout(networkPolicy, { spec })).toEqual([]);
    expect(networkPolicyWarnings(created(networkPolicy, { spec }))).toEqual(want.map((text) => `spec.egress[0].to[0].${text}`));
  });

  it('is of egress too when it has rules for it', () => {
    expect(created(networkPolicy, { spec: { podSelector: {}, egress: [{}] } }).spec?.policyTypes).toEqual(['Ingress', 'Egress']);
    expect(created(networkPolicy, { spec: { podSelector: {} } }).spec?.policyTypes).toEqual(['Ingress']);
  });
});
