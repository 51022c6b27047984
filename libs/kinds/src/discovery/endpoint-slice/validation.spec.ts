import { cells, complaintsAbout, created, type Json, updated } from '../../testing.ts';
import { endpointSlice } from './kind.ts';

const slice = (changes: Json = {}): Json => ({
  addressType: 'IPv4',
  endpoints: [{ addresses: ['10.0.0.1'] }],
  ports: [{ port: 80 }],
  ...changes,
});

describe('an endpoint slice', () => {
  it.each([
    ['of an address', slice(), []],
    [
      'of the other family',
      slice({ addressType: 'IPv6' }),
      ['endpoints[0].addresses[0]: Invalid value: "10.0.0.1": must be an IPv6 address'],
    ],
    [
      'of no address',
      slice({ endpoints: [{ addresses: [] }] }),
      ['endpoints[0].addresses: Required value: must contain at least 1 address'],
    ],
    ['of two ports of one name', slice({ ports: [{ port: 80 }, { port: 81 }] }), ['ports[1].name: Duplicate value: ""']],
    [
      'of an unknown type',
      slice({ addressType: 'X', endpoints: [] }),
      ['addressType: Unsupported value: "X": supported values: "FQDN", "IPv4", "IPv6"'],
    ],
  ])('%s', (_name, body, want) => expect(complaintsAbout(endpointSlice, body)).toEqual(want));

  it('keeps its type', () => {
    const stored = created(endpointSlice, slice());
    const { complaints } = updated(endpointSlice, stored, { metadata: stored.metadata, ...slice({ addressType: 'FQDN', endpoints: [] }) });
    expect(complaints).toEqual(['addressType: Invalid value: "FQDN": field is immutable']);
  });

  it('shows three of everything', () => {
    const addresses = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4'];
    const object = created(endpointSlice, slice({ endpoints: addresses.map((each) => ({ addresses: [each] })) }));
    expect(cells(endpointSlice, object)).toMatchObject({ Ports: '80', Endpoints: '10.0.0.1,10.0.0.2,10.0.0.3 + 1 more...' });
  });
});
