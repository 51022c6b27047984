import type { IPAddress } from '#api/types';
import type { AllocationPool } from '../../contract.ts';
import { cells, complaintsAbout, created, type Json, lines, updated } from '../../testing.ts';
import { ipAddress } from './kind.ts';

const parent = { resource: 'services', namespace: 'default', name: 'web' };
const address = (name: string, parentRef?: Json): Json => ({ metadata: { name }, spec: { ...(parentRef && { parentRef }) } });

describe('an IP address', () => {
  it.each<[string, Json, string[]]>([
    ['of a service', address('10.96.0.5', parent), []],
    ['of another API', address('fd00::5', { group: 'gateway.networking.k8s.io', resource: 'gateways', name: 'edge' }), []],
    ['of nobody', address('10.96.0.5'), ['spec.parentRef: Required value']],
    [
      'that is none',
      address('web', parent),
      ['metadata.name: Invalid value: "web": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'],
    ],
    [
      'of things without a name',
      address('10.96.0.5', { group: 'A', resource: '', name: 'a/b', namespace: '..' }),
      [
        "spec.parentRef.group: Invalid value: \"A\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
        'spec.parentRef.resource: Required value',
        `spec.parentRef.name: Invalid value: "a/b": may not contain '/'`,
        `spec.parentRef.namespace: Invalid value: "..": may not be '..'`,
      ],
    ],
  ])('%s', (_name, object, want) => expect(complaintsAbout(ipAddress, object)).toEqual(want));

  it.each(['010.96.0.5', 'FD00::5', 'fd00:0::5', '::ffff:10.96.0.5'])('has one spelling: not %s', (name) => {
    expect(complaintsAbout(ipAddress, address(name, parent))).toHaveLength(1);
  });

  it('keeps its parent', () => {
    const stored = created(ipAddress, address('10.96.0.5', parent));
    const { complaints } = updated(ipAddress, stored, { metadata: stored.metadata, spec: { parentRef: { ...parent, name: 'b' } } });
    expect(complaints).toEqual([expect.stringMatching(/^spec\.parentRef: Invalid value: .*"name":"b".*: field is immutable$/)]);
  });

  it.each<[Json | undefined, string]>([
    [parent, 'services/default/web'],
    [{ group: 'gateway.networking.k8s.io', resource: 'gateways', name: 'edge' }, 'gateways.gateway.networking.k8s.io/edge'],
  ])('%j is shown as %s', (parentRef, want) => {
    expect(cells(ipAddress, created(ipAddress, address('10.96.0.5', parentRef)))).toMatchObject({ ParentRef: want });
  });
});

describe('the claim of an IP address', () => {
  const reserve = (holder?: { resource: string; namespace: string; name: string }, previous?: IPAddress): string[] => {
    const pool = { holderOf: () => holder } as unknown as AllocationPool;
    const result = ipAddress.allocate!(created(ipAddress, address('fd00::5', parent)), previous, pool);
    return 'errors' in result ? lines(result.errors) : result.claims;
  };

  it('keeps services from it', () => expect(reserve()).toEqual(['service-ip/fd00::5']));
  it('stays with the service whose record it is', () =>
    expect(reserve({ resource: 'services', namespace: 'default', name: 'web' })).toEqual([]));
  it('is refused where another service has it', () => {
    const other = { resource: 'services', namespace: 'default', name: 'other' };
    expect(reserve(other)).toEqual(['metadata.name: Invalid value: "fd00::5": provided IP is already allocated']);
  });
  it('stays its own', () => {
    const own = { resource: 'ipaddresses', namespace: '', name: 'fd00::5' };
    expect(reserve(own, created(ipAddress, address('fd00::5', parent)))).toEqual(['service-ip/fd00::5']);
  });
});
