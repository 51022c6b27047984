import { complaintsAbout, created, type Json } from '../../testing.ts';
import { networkPolicy } from './kind.ts';

const from = (peer: Json, port?: Json): Json => ({ podSelector: {}, ingress: [{ from: [peer], ...(port && { ports: [port] }) }] });

describe('a network policy', () => {
  it.each<[string, Json, string[]]>([
    ['of pods', from({ podSelector: { matchLabels: { a: 'b' } } }, { port: 80, endPort: 90 }), []],
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
  ])('%s', (_name, spec, want) => expect(complaintsAbout(networkPolicy, { spec })).toEqual(want));

  it('is of egress too when it has rules for it', () => {
    expect(created(networkPolicy, { spec: { podSelector: {}, egress: [{}] } }).spec?.policyTypes).toEqual(['Ingress', 'Egress']);
    expect(created(networkPolicy, { spec: { podSelector: {} } }).spec?.policyTypes).toEqual(['Ingress']);
  });
});
