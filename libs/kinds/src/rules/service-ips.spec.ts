import type { Service, ServiceCIDR } from '#api/types';
import { ipRecords, serviceRanges } from './service-ips.ts';

const cidr = (cidrs: string[], { going = false, ready = undefined as string | undefined } = {}): ServiceCIDR => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'ServiceCIDR',
  metadata: { name: cidrs.join(), ...(going && { deletionTimestamp: 'now' }) },
  spec: { cidrs },
  ...(ready && { status: { conditions: [{ type: 'Ready', status: ready, reason: '', message: '', lastTransitionTime: '' }] } }),
});
const ranges = (...all: ServiceCIDR[]): readonly string[] =>
  serviceRanges({ serviceCidrs: ['10.96.0.0/16', 'fd00:96::/112'], list: () => all as never });
const first = cidr(['10.96.0.0/16', 'fd00:96::/112']);

describe('ranges of services', () => {
  it.each<[string, readonly string[], string[]]>([
    ['are those of the flags before there is a ServiceCIDR', ranges(), ['10.96.0.0/16', 'fd00:96::/112']],
    [
      'are the first ones, then others',
      ranges(cidr(['10.98.0.0/24'], { ready: 'True' }), first),
      ['10.96.0.0/16', 'fd00:96::/112', '10.98.0.0/24'],
    ],
    ['are not those that go', ranges(cidr(['10.98.0.0/24'], { going: true }), first), ['10.96.0.0/16', 'fd00:96::/112']],
    ['are not those that are not ready', ranges(cidr(['10.98.0.0/24'], { ready: 'False' }), first), ['10.96.0.0/16', 'fd00:96::/112']],
    ['may be without the first', ranges(cidr(['10.98.0.0/24'])), ['10.98.0.0/24']],
  ])('%s', (_what, got, want) => expect(got).toEqual(want));
});

describe('records of cluster IPs', () => {
  const service = (...clusterIPs: string[]): Service => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'default' },
    spec: { clusterIPs },
  });
  const names = (next?: Service, previous?: Service): string[][] => {
    const { made, dropped } = ipRecords(next, previous);
    return [made, dropped].map((all) => all.map(({ metadata }) => metadata.name!));
  };
  it.each<[string, string[][], string[][]]>([
    ['come with a service', names(service('10.96.0.5', 'FD00::5')), [['10.96.0.5', 'fd00::5'], []]],
    ['go with it', names(undefined, service('10.96.0.5')), [[], ['10.96.0.5']]],
    ['follow what changes', names(service('10.96.0.5', 'fd00::5'), service('10.96.0.5')), [['fd00::5'], []]],
    ['stay as it stays', names(service('10.96.0.5'), service('10.96.0.5')), [[], []]],
    ['are none of a headless service', names(service('None')), [[], []]],
  ])('%s', (_what, got, want) => expect(got).toEqual(want));
});
