import type { Service } from '#api/types';
import type { AllocationPool } from '../../contract.ts';
import { created, type Json, lines, updated } from '../../testing.ts';
import { allocate } from './allocate.ts';
import { service } from './kind.ts';

const [v4, v6] = ['10.96.0.0/24', 'fd00::/112'];
const poolOf = (serviceCidrs: readonly string[]): AllocationPool => ({
  serviceCidrs,
  nodePortRange: { from: 30000, to: 30009 },
  holderOf: () => undefined,
  list: () => [],
  loadBalancerCidrs: [],
  taken: () => false,
  below: () => 0,
});
const stored = (object: Service, previous: Service | undefined, ranges: readonly string[]): Service => {
  const result = allocate(object, previous, poolOf(ranges));
  if ('errors' in result) throw new Error(lines(result.errors).join('\n'));
  return result.object;
};
const create = (spec: Json, ranges: readonly string[] = [v4, v6]): Service =>
  stored(created(service, { spec: { ports: [{ port: 80 }], selector: { a: 'b' }, ...spec } }), undefined, ranges);
/** A patch: what is not named stays. */
const patch = (before: Service, changes: Json, ranges: readonly string[] = [v4, v6]): Service => {
  const { object, complaints } = updated(service, before, { ...before, spec: { ...before.spec, ...changes } } as Json);
  if (complaints.length > 0) throw new Error(complaints.join('\n'));
  return stored(object, before, ranges);
};
/** `SingleStack IPv4 10.96.0.17`. */
const shown = ({ spec }: Service): string => [spec?.ipFamilyPolicy, ...(spec?.ipFamilies ?? []), ...(spec?.clusterIPs ?? [])].join(' ');

describe('families of a new service', () => {
  it.each<[Json, string]>([
    [{}, 'SingleStack IPv4 10.96.0.17'],
    [{ ipFamilyPolicy: 'PreferDualStack' }, 'PreferDualStack IPv4 IPv6 10.96.0.17 fd00::101'],
    [{ ipFamilyPolicy: 'RequireDualStack' }, 'RequireDualStack IPv4 IPv6 10.96.0.17 fd00::101'],
    [{ ipFamilies: ['IPv6'] }, 'SingleStack IPv6 fd00::101'],
    [{ ipFamilies: ['IPv6'], ipFamilyPolicy: 'PreferDualStack' }, 'PreferDualStack IPv6 IPv4 fd00::101 10.96.0.17'],
    [{ ipFamilies: ['IPv6', 'IPv4'], ipFamilyPolicy: 'RequireDualStack' }, 'RequireDualStack IPv6 IPv4 fd00::101 10.96.0.17'],
    [{ clusterIP: 'fd00::5' }, 'SingleStack IPv6 fd00::5'],
    [{ clusterIP: 'fd00::5', ipFamilyPolicy: 'PreferDualStack' }, 'PreferDualStack IPv6 IPv4 fd00::5 10.96.0.17'],
    [{ clusterIPs: ['fd00::5', '10.96.0.5'], ipFamilyPolicy: 'PreferDualStack' }, 'PreferDualStack IPv6 IPv4 fd00::5 10.96.0.5'],
    [{ clusterIP: 'None' }, 'SingleStack IPv4 None'],
    [{ clusterIP: 'None', ipFamilyPolicy: 'PreferDualStack' }, 'PreferDualStack IPv4 IPv6 None'],
    [{ clusterIP: 'None', selector: {} }, 'RequireDualStack IPv4 IPv6 None'],
    [{ clusterIP: 'None', selector: {}, ipFamilies: ['IPv6'] }, 'RequireDualStack IPv6 IPv4 None'],
    [{ clusterIP: 'None', selector: {}, ipFamilyPolicy: 'SingleStack' }, 'SingleStack IPv4 None'],
  ])('of %j on a dual-stack cluster', (spec, want) => expect(shown(create(spec))).toBe(want));

  it.each<[string, Json, string[], string]>([
    ['IPv6 first', {}, [v6, v4], 'SingleStack IPv6 fd00::101'],
    ['IPv6 first', { ipFamilyPolicy: 'PreferDualStack' }, [v6, v4], 'PreferDualStack IPv6 IPv4 fd00::101 10.96.0.17'],
    ['one family', { ipFamilyPolicy: 'PreferDualStack' }, [v4], 'PreferDualStack IPv4 10.96.0.17'],
    ['one family', { clusterIP: 'None', selector: {} }, [v4], 'RequireDualStack IPv4 IPv6 None'],
  ])('on a cluster with %s: %j', (_what, spec, ranges, want) => expect(shown(create(spec, ranges))).toBe(want));

  const policy = (value: string, why: string): string => `spec.ipFamilyPolicy: Invalid value: "${value}": ${why}`;
  const single = "must be 'RequireDualStack' or 'PreferDualStack' when multiple";
  it.each<[Json, string[], string]>([
    [{ ipFamilyPolicy: 'RequireDualStack' }, [v4], policy('RequireDualStack', 'this cluster is not configured for dual-stack services')],
    [{ ipFamilies: ['IPv6'] }, [v4], 'spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster'],
    [{ clusterIP: 'fd00::5' }, [v4], 'spec.clusterIPs[0]: Invalid value: ["fd00::5"]: IPv6 is not configured on this cluster'],
    [{ ipFamilies: ['IPv4', 'IPv6'] }, [v4, v6], policy('SingleStack', `${single} IP families are specified`)],
    [{ clusterIPs: ['10.96.0.5', 'fd00::5'] }, [v4, v6], policy('SingleStack', `${single} cluster IPs are specified`)],
    [
      { clusterIPs: ['10.96.0.5', 'fd00::5'], ipFamilies: ['IPv4', 'IPv6'], ipFamilyPolicy: 'SingleStack' },
      [v4, v6],
      `${policy('SingleStack', `${single} cluster IPs are specified`)}\n${policy('SingleStack', `${single} IP families are specified`)}`,
    ],
  ])('are refused: %j on %j', (spec, ranges, message) => expect(() => create(spec, ranges)).toThrow(new Error(message)));
});

describe('families of a service that is changed', () => {
  const one = create({});
  const two = create({ ipFamilyPolicy: 'PreferDualStack' });
  const headless = create({ clusterIP: 'None', ipFamilyPolicy: 'PreferDualStack' });

  it.each<[string, Service, Json, string]>([
    ['get a second when both are preferred', one, { ipFamilyPolicy: 'PreferDualStack' }, 'PreferDualStack IPv4 IPv6 10.96.0.17 fd00::101'],
    ['get a second when both are required', one, { ipFamilyPolicy: 'RequireDualStack' }, 'RequireDualStack IPv4 IPv6 10.96.0.17 fd00::101'],
    [
      'get the second that is named',
      one,
      { ipFamilyPolicy: 'RequireDualStack', clusterIPs: ['10.96.0.17', 'fd00::7'] },
      'RequireDualStack IPv4 IPv6 10.96.0.17 fd00::7',
    ],
    ['lose the second with the policy alone', two, { ipFamilyPolicy: 'SingleStack' }, 'SingleStack IPv4 10.96.0.17'],
    [
      'lose the second when all three say so',
      two,
      { ipFamilyPolicy: 'SingleStack', ipFamilies: ['IPv4'], clusterIPs: ['10.96.0.17'] },
      'SingleStack IPv4 10.96.0.17',
    ],
    ['stay when something else changes', two, { sessionAffinity: 'None' }, 'PreferDualStack IPv4 IPv6 10.96.0.17 fd00::101'],
    [
      'stay when what is preferred is required',
      two,
      { ipFamilyPolicy: 'RequireDualStack' },
      'RequireDualStack IPv4 IPv6 10.96.0.17 fd00::101',
    ],
    ['of a headless one lose the second', headless, { ipFamilyPolicy: 'SingleStack' }, 'SingleStack IPv4 None'],
    ['of a headless one change their order', headless, { ipFamilies: ['IPv6', 'IPv4'] }, 'PreferDualStack IPv6 IPv4 None'],
    ['go with the type that has no addresses', two, { type: 'ExternalName', externalName: 'a.b', ports: [] }, ''],
  ])('%s', (_what, before, changes, want) => expect(shown(patch(before, changes))).toBe(want));

  it.each<[string, Service, Json, string]>([
    [
      'the second address',
      two,
      { clusterIPs: ['10.96.0.17'] },
      'spec.ipFamilyPolicy: Invalid value: "PreferDualStack": must be \'SingleStack\' to release the secondary cluster IP',
    ],
    [
      'the second family of a headless one',
      headless,
      { ipFamilies: ['IPv6'] },
      'spec.ipFamilyPolicy: Invalid value: "PreferDualStack": must be \'SingleStack\' to release the secondary IP family',
    ],
    [
      'the first family',
      two,
      { ipFamilies: ['IPv6', 'IPv4'] },
      'spec.ipFamilies[0]: Invalid value: ["IPv6","IPv4"]: may not change once set',
    ],
  ])('are not let go: %s', (_what, before, changes, message) => expect(() => patch(before, changes)).toThrow(message));

  it('follow no change of the cluster by themselves', () => {
    const preferred = create({ ipFamilyPolicy: 'PreferDualStack' }, [v4]);
    expect(shown(patch(preferred, { sessionAffinity: 'None' }))).toBe('PreferDualStack IPv4 10.96.0.17');
    expect(shown(patch(two, { sessionAffinity: 'None' }, [v4]))).toBe('PreferDualStack IPv4 IPv6 10.96.0.17 fd00::101');
    expect(shown(patch(preferred, { ipFamilyPolicy: 'RequireDualStack' }))).toBe('RequireDualStack IPv4 IPv6 10.96.0.17 fd00::101');
  });
});
