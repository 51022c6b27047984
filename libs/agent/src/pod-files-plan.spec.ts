import type { PodSpec } from '#api/types';
import { hostnameOf, hostsFile, parseResolvConf, resolvConf } from './pod-files-plan.ts';
import { pod } from './testing/pod-builder.ts';

const host = { nameservers: ['192.0.2.1'], searches: ['corp'], options: ['rotate'] };
const dns = { clusterDns: ['10.96.0.10'], clusterDomain: 'cluster.local', host };
const cluster = 'search default.svc.cluster.local svc.cluster.local cluster.local corp\nnameserver 10.96.0.10\noptions ndots:5\n';
const ofHost = 'search corp\nnameserver 192.0.2.1\noptions rotate\n';

describe('resolv.conf', () => {
  it.each<[string, Partial<PodSpec>, string]>([
    ['ClusterFirst', {}, cluster],
    ['ClusterFirst with the host network', { hostNetwork: true }, ofHost],
    ['ClusterFirstWithHostNet', { dnsPolicy: 'ClusterFirstWithHostNet', hostNetwork: true }, cluster],
    ['Default', { dnsPolicy: 'Default' }, ofHost],
    [
      'None',
      {
        dnsPolicy: 'None',
        dnsConfig: { nameservers: ['1.1.1.1'], searches: ['x'], options: [{ name: 'ndots', value: '2' }, { name: 'edns0' }] },
      },
      'search x\nnameserver 1.1.1.1\noptions ndots:2 edns0\n',
    ],
    [
      'its own options over the usual ones',
      { dnsConfig: { options: [{ name: 'ndots', value: '1' }] } },
      cluster.replace('ndots:5', 'ndots:1'),
    ],
  ])('by %s', (_name, spec, want) => expect(resolvConf(pod(spec), dns)).toBe(want));

  it('is read with comments and repeated lines', () => {
    expect(parseResolvConf('# a\nnameserver 1.1.1.1 # x\nnameserver 2.2.2.2\nsearch a\nsearch b c\noptions timeout:1 rotate\n')).toEqual({
      nameservers: ['1.1.1.1', '2.2.2.2'],
      searches: ['b', 'c'],
      options: ['timeout:1', 'rotate'],
    });
  });
});

describe('host names', () => {
  it.each<[Partial<PodSpec>, string, string]>([
    [{}, 'a', ''],
    [{ hostname: 'h', subdomain: 's' }, 'h', 's.default.svc.cluster.local'],
    [{ hostname: 'h', subdomain: 's', setHostnameAsFQDN: true }, 'h.s.default.svc.cluster.local', ''],
    [{ hostname: `${'x'.repeat(62)}-y` }, 'x'.repeat(62), ''],
  ])('of %j', (spec, hostname, domain) => expect(hostnameOf(pod(spec), 'cluster.local')).toEqual({ hostname, domain }));

  it('stand in /etc/hosts with the aliases', () => {
    const text = hostsFile(pod({ hostname: 'h', subdomain: 's', hostAliases: [{ ip: '1.2.3.4', hostnames: ['foo', 'bar'] }] }), {
      ips: ['10.244.0.2', 'fd00::2'],
      hostHosts: '',
      clusterDomain: 'cluster.local',
    });
    expect(text).toContain('\n10.244.0.2\th.s.default.svc.cluster.local\th\nfd00::2\th.s.default.svc.cluster.local\th\n');
    expect(text).toMatch(/# Entries added by HostAliases\.\n1\.2\.3\.4\tfoo\tbar\n$/);
  });

  it("are the host's own with the host's network", () => {
    expect(hostsFile(pod({ hostNetwork: true }), { ips: [], hostHosts: '127.0.0.1 localhost\n', clusterDomain: 'x' })).toBe(
      '127.0.0.1 localhost\n',
    );
  });
});
