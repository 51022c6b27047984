import type { Endpoints, EndpointSlice } from '#api/types';
import { service } from '../testing/small-cluster.ts';
import { reconcile } from './reconcile.ts';

const bare = service({ selector: undefined });
const endpoints: Endpoints = {
  apiVersion: 'v1',
  kind: 'Endpoints',
  metadata: { namespace: 'default', name: 'web', uid: 'e1', labels: { team: 'a' } },
  subsets: [
    {
      addresses: [{ ip: '192.0.2.1' }, { ip: 'fd00::1' }],
      notReadyAddresses: [{ ip: '192.0.2.2', nodeName: 'n1' }],
      ports: [{ name: 'db', port: 5432, protocol: 'TCP' }],
    },
  ],
};
const made = reconcile({ service: bare, endpoints, slices: [] }).actions.map(({ slice }, i): EndpointSlice => {
  return { ...slice, metadata: { ...slice.metadata, name: `web-${i}` } };
});

describe('mirrored EndpointSlices', () => {
  it('show Endpoints that are kept by hand, one slice an address family', () => {
    expect(made).toMatchObject([
      {
        addressType: 'IPv4',
        metadata: {
          labels: {
            team: 'a',
            'kubernetes.io/service-name': 'web',
            'endpointslice.kubernetes.io/managed-by': 'endpointslicemirroring-controller.k8s.io',
          },
          ownerReferences: [{ kind: 'Endpoints', uid: 'e1' }],
        },
        endpoints: [
          { addresses: ['192.0.2.1'], conditions: { ready: true } },
          { addresses: ['192.0.2.2'], conditions: { ready: false }, nodeName: 'n1' },
        ],
        ports: [{ name: 'db', port: 5432, protocol: 'TCP' }],
      },
      { addressType: 'IPv6', endpoints: [{ addresses: ['fd00::1'] }] },
    ]);
  });

  it('need nothing when nothing has changed', () => {
    expect(reconcile({ service: bare, endpoints, slices: made }).actions).toEqual([]);
  });

  it('follow a change in place', () => {
    const fewer = { ...endpoints, subsets: [{ ...endpoints.subsets![0], addresses: [{ ip: '192.0.2.9' }], notReadyAddresses: [] }] };
    const { actions } = reconcile({ service: bare, endpoints: fewer, slices: made });
    expect(actions.map((action) => `${action.do} ${action.slice.metadata.name}`)).toEqual(['updateSlice web-0', 'deleteSlice web-1']);
  });

  it.each([
    ['for a service with a selector', service(), endpoints],
    ['without a service', undefined, endpoints],
    ['without Endpoints', bare, undefined],
    [
      'when asked not to',
      bare,
      { ...endpoints, metadata: { ...endpoints.metadata, labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } } },
    ],
  ])('are none %s', (_case, of, from) => {
    expect(reconcile({ service: of, endpoints: from, slices: made }).actions.map((action) => action.do)).toEqual([
      'deleteSlice',
      'deleteSlice',
    ]);
  });
});
