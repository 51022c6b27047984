import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import type { HostPort, ServiceRoute } from '../contract.ts';
import { ipv4, ipv6 } from '../family.ts';
import { endpoint, route } from '../testing/routes.ts';
import { renderBase } from './base-table.ts';
import { emptyRuleset, renderChange, type Ruleset } from './ruleset.ts';
import { serviceRules } from './service-rules.ts';
import { staleEndpoints } from './stale-endpoints.ts';

const options = {
  family: ipv4,
  clusterCidr: '10.244.0.0/16',
  serviceCidrs: ['10.96.0.0/16', 'fd00:10:96::/112'],
  loadBalancerCidr: '192.0.2.224/27',
  ownAddresses: ['10.96.0.10'],
};
const options6 = {
  family: ipv6,
  clusterCidr: 'fd00:10:244::/56',
  serviceCidrs: ['10.96.0.0/16', 'fd00:10:96::/112'],
  ownAddresses: ['fd00:10:96::a'],
};
const table = 'ip berth-n1';
const table6 = 'ip6 berth-n1';
const rulesOf = (services: readonly ServiceRoute[], hostPorts: readonly HostPort[] = []): Ruleset =>
  serviceRules(services, hostPorts, options);
const full = (services: readonly ServiceRoute[], hostPorts: readonly HostPort[] = []): string =>
  renderChange(table, emptyRuleset(), rulesOf(services, hostPorts));

function expectGolden(name: string, text: string): void {
  const file = join(import.meta.dirname, 'golden', `${name}.nft`);
  if (process.env['UPDATE_GOLDEN']) writeFileSync(file, text);
  expect(text).toBe(readFileSync(file, 'utf8'));
}

const three = ['10.244.1.2:8080', '10.244.1.3:8080', '10.244.2.2:8080 away'].map(endpoint);

describe('nftables rules of services', () => {
  it('the table without services', () => {
    expectGolden('base', renderBase({ ...options, table }));
    expectGolden('base-6', renderBase({ ...options6, table: table6 }));
  });

  it.each<[string, ServiceRoute[], HostPort[]]>([
    [
      'cluster-ip',
      [
        route('default/web', { endpoints: three }),
        route('default/one', { clusterIps: ['10.96.0.21'], endpoints: [endpoint('10.244.2.9:53 away')], protocol: 'UDP', port: 53 }),
      ],
      [],
    ],
    ['load-balancer', [route('default/web', { externalIps: ['192.0.2.230', '192.0.2.50'], endpoints: three })], []],
    ['no-endpoints', [route('default/web', { nodePort: 30080, externalIps: ['192.0.2.50'] })], []],
    ['node-port', [route('default/web', { nodePort: 30080, externalIps: ['192.0.2.50'], endpoints: three })], []],
    ['external-local', [route('default/web', { nodePort: 30080, externalTrafficPolicy: 'Local', endpoints: three })], []],
    ['external-local-none', [route('default/web', { nodePort: 30080, externalTrafficPolicy: 'Local', endpoints: [three[2]!] })], []],
    ['internal-local', [route('default/web', { internalTrafficPolicy: 'Local', endpoints: three })], []],
    ['internal-local-none', [route('default/web', { internalTrafficPolicy: 'Local', endpoints: [three[2]!] })], []],
    [
      'last-local',
      [route('default/web', { nodePort: 30080, externalTrafficPolicy: 'Local', endpoints: [three[2]!, endpoint('10.244.1.9:8080 last')] })],
      [],
    ],
    [
      'last-local-cluster',
      [
        route('default/web', {
          nodePort: 30080,
          internalTrafficPolicy: 'Local',
          endpoints: [three[2]!, endpoint('10.244.1.9:8080 last')],
        }),
      ],
      [],
    ],
    ['last-of-all', [route('default/web', { nodePort: 30080, endpoints: [endpoint('10.244.1.9:8080 last')] })], []],
    ['affinity', [route('default/web', { affinitySeconds: 600, endpoints: three.slice(0, 2), protocol: 'SCTP' })], []],
    [
      'source-ranges',
      [route('default/web', { guarded: { ips: ['192.0.2.60'], sourceRanges: ['198.51.100.0/24', 'fd00::/64'] }, endpoints: three })],
      [],
    ],
    [
      'host-ports',
      [],
      [
        { podIps: ['10.244.1.2'], containerPort: 8080, hostPort: 80, protocol: 'TCP' },
        { podIps: ['10.244.1.3'], containerPort: 53, hostPort: 53, hostIp: '192.0.2.11', protocol: 'UDP' },
      ],
    ],
  ])('%s', (name, services, hostPorts) => {
    expectGolden(name, full(services, hostPorts));
  });

  // Everything that has an address in it; what leads there is alike for both families.
  it('one family at a time, of services and pods that have both', () => {
    const both = ['10.244.1.2:8080', '[fd00:10:244:1::2]:8080', '[fd00:10:244:2::2]:8080 away'].map(endpoint);
    const services = [
      route('default/web', {
        clusterIps: ['10.96.0.20', 'fd00:10:96::20'],
        externalIps: ['192.0.2.50', '2001:db8::50'],
        guarded: { ips: ['192.0.2.60', '2001:db8::60'], sourceRanges: ['198.51.100.0/24', '2001:db8:1::/64'] },
        nodePort: 30080,
        externalTrafficPolicy: 'Local',
        endpoints: both,
      }),
      route('default/sticky', { clusterIps: ['fd00:10:96::21'], affinitySeconds: 60, endpoints: both }),
      route('default/one', { clusterIps: ['fd00:10:96::22'], protocol: 'UDP', port: 53, endpoints: both.slice(0, 2) }),
      route('default/none', { clusterIps: ['fd00:10:96::23'], nodePort: 30081 }),
      route('default/only-4', { nodePort: 30082, externalIps: ['2001:db8::51'], endpoints: both }),
    ];
    const hostPorts: HostPort[] = [
      { podIps: ['10.244.1.2', 'fd00:10:244:1::2'], containerPort: 8080, hostPort: 80, protocol: 'TCP' },
      { podIps: ['10.244.1.2', 'fd00:10:244:1::2'], containerPort: 8080, hostPort: 81, hostIp: '::', protocol: 'TCP' },
      { podIps: ['10.244.1.2', 'fd00:10:244:1::2'], containerPort: 8080, hostPort: 82, hostIp: '2001:db8::11', protocol: 'TCP' },
      { podIps: ['10.244.1.2', 'fd00:10:244:1::2'], containerPort: 8080, hostPort: 83, hostIp: '0.0.0.0', protocol: 'TCP' },
    ];
    expectGolden('both-families', full(services, hostPorts));
    expectGolden('both-families-6', renderChange(table6, emptyRuleset(), serviceRules(services, hostPorts, options6)));
  });

  it('leaves addresses alone that the node serves itself, and those of the other family', () => {
    const { elements } = rulesOf([
      route('kube-system/dns', { clusterIps: ['10.96.0.10', 'fd00::a'], endpoints: [endpoint('10.244.1.2:53')] }),
    ]);
    expect([...elements.keys()]).toEqual(['service-cidrs', 'hairpin']);
  });

  it('gives an address that two services want to the first by name, whatever the order', () => {
    const services = [route('b/web', { endpoints: three }), route('a/web', { endpoints: three })];
    for (const order of [services, services.toReversed()]) {
      expect([...rulesOf(order).elements.get('services')!.values()]).toEqual(['goto svc-a/web/tcp/80']);
    }
  });

  it('names a chain by digest when the name would be too long', () => {
    const long = `${'n'.repeat(63)}/${'s'.repeat(63)}`;
    expect([...rulesOf([route(long, { endpoints: three })]).chains.keys()][0]).toMatch(/^svc-[0-9a-f]{16}$/);
  });

  it('does not depend on the order of services and endpoints', () => {
    const services = [
      route('a/x', { endpoints: three, nodePort: 30001 }),
      route('b/y', { clusterIps: ['10.96.0.30'], endpoints: three.toReversed() }),
    ];
    expect(full(services.toReversed().map((s) => ({ ...s, endpoints: s.endpoints.toReversed() })))).toBe(full(services));
  });
});

describe('a change of services', () => {
  const web = route('default/web', { endpoints: three, nodePort: 30080 });
  const other = route('default/other', { clusterIps: ['10.96.0.30'], endpoints: three });

  it('touches only what has changed', () => {
    expectGolden('change-endpoint', renderChange(table, rulesOf([web, other]), rulesOf([{ ...web, endpoints: three.slice(0, 2) }, other])));
    expectGolden('change-last-endpoint', renderChange(table, rulesOf([web, other]), rulesOf([{ ...web, endpoints: [] }, other])));
    expectGolden('change-removed', renderChange(table, rulesOf([web, other]), rulesOf([other])));
  });

  it('is nothing when nothing has', () => {
    expect(renderChange(table, rulesOf([web, other]), rulesOf([other, web]))).toBe('');
  });

  it('leads from any state to any other, never naming what is not there', () => {
    const endpoints = fc.subarray([...three, endpoint('10.244.1.9:8080 last')]);
    const service = fc.record({
      name: fc.constantFrom('a/x', 'a/y', 'b/z'),
      endpoints,
      nodePort: fc.option(fc.constantFrom(30001, 30002), { nil: undefined }),
      local: fc.boolean(),
      sticky: fc.boolean(),
      ip: fc.constantFrom('10.96.0.1', '10.96.0.2', '10.96.0.3'),
    });
    const state = fc.uniqueArray(service, { selector: ({ name }) => name }).map((services) =>
      services.map(({ name, endpoints, nodePort, local, sticky, ip }) =>
        route(name, {
          endpoints,
          nodePort,
          clusterIps: [ip],
          externalTrafficPolicy: local ? 'Local' : 'Cluster',
          ...(sticky && { affinitySeconds: 60 }),
        }),
      ),
    );
    fc.assert(
      fc.property(state, state, (before, after) => {
        const kernel = new Kernel();
        kernel.run(full(before));
        kernel.run(renderChange(table, rulesOf(before), rulesOf(after)));
        const fresh = new Kernel();
        fresh.run(full(after));
        expect(kernel.state()).toEqual(fresh.state());
      }),
    );
  });
});

describe('stale endpoints', () => {
  const udp = route('default/dns', {
    protocol: 'UDP',
    port: 53,
    nodePort: 30053,
    endpoints: [endpoint('10.244.1.2:53'), endpoint('10.244.1.3:53')],
  });
  it('are those of UDP that are gone, at each address of the service', () => {
    const gone = { ip: '10.244.1.3', port: 53 };
    expect(staleEndpoints([udp], [{ ...udp, endpoints: udp.endpoints.slice(0, 1) }])).toEqual([
      { protocol: 'UDP', address: '10.96.0.20', port: 53, endpoint: gone },
      { protocol: 'UDP', port: 30053, endpoint: gone },
    ]);
    expect(staleEndpoints([udp], [udp])).toEqual([]);
    expect(staleEndpoints([{ ...udp, protocol: 'TCP' }], [])).toEqual([]);
  });

  it('are of an address of their own family', () => {
    const endpoints = [endpoint('10.244.1.2:53'), endpoint('[fd00::2]:53')];
    const dual = { ...udp, clusterIps: ['10.96.0.20', 'fd00::20'], endpoints, nodePort: undefined };
    expect(staleEndpoints([dual], []).map(({ address, endpoint: { ip } }) => [address, ip])).toEqual([
      ['10.96.0.20', '10.244.1.2'],
      ['fd00::20', 'fd00::2'],
    ]);
  });
});

/** What nft would hold after these commands; throws where nft would refuse. */
class Kernel {
  private readonly sets = new Map<string, string>();
  private readonly chains = new Map<string, string[]>();
  private readonly elements = new Map<string, Map<string, string>>();

  run(commands: string): void {
    for (const line of commands.split('\n').filter(Boolean)) this.command(line);
    for (const rules of this.chains.values()) for (const rule of rules) this.checkReferences(rule);
    for (const map of this.elements.values()) for (const value of map.values()) this.checkReferences(value);
  }

  state(): unknown {
    const sorted = <T>(map: Map<string, T>): [string, T][] => [...map].toSorted(([a], [b]) => (a < b ? -1 : 1));
    const elements = sorted(this.elements).filter(([, map]) => map.size > 0);
    return { sets: sorted(this.sets), chains: sorted(this.chains), elements: elements.map(([name, map]) => [name, sorted(map)]) };
  }

  private command(line: string): void {
    const [, verb, what, name, rest] = /^(\w+) (\w+) ip berth-n1 (\S+) ?(.*)$/.exec(line)!;
    const must = (condition: boolean): void => {
      if (!condition) throw new Error(`refused: ${line}`);
    };
    switch (`${verb} ${what}`) {
      case 'add set':
        must(!this.sets.has(name!));
        return void this.sets.set(name!, rest!);
      case 'delete set':
        must([...this.chains.values()].every((rules) => rules.every((rule) => !rule.includes(`@${name} `) && !rule.endsWith(`@${name}`))));
        return must(this.sets.delete(name!));
      case 'add chain':
        must(!this.chains.has(name!));
        return void this.chains.set(name!, []);
      case 'flush chain':
        must(this.chains.has(name!));
        return void this.chains.set(name!, []);
      case 'delete chain':
        must(this.chains.get(name!)?.length === 0);
        must(![...this.chains.values()].flat().some((rule) => rule.split(/[ ,]/).includes(name!)));
        must(![...this.elements.values()].some((map) => [...map.values()].includes(`goto ${name}`)));
        return must(this.chains.delete(name!));
      case 'add rule':
        must(this.chains.has(name!));
        return void this.chains.get(name!)!.push(rest!);
      default: {
        const map = this.elements.get(name!) ?? new Map<string, string>();
        this.elements.set(name!, map);
        for (const item of rest!.slice(2, -2).split(', ')) {
          const [key = '', value = ''] = item.split(' : ');
          if (verb === 'delete') must(map.delete(key));
          else must(!map.has(key));
          if (verb === 'add') map.set(key, value);
        }
      }
    }
  }

  private checkReferences(rule: string): void {
    for (const [, name] of rule.matchAll(/goto ([^\s,]+)/g))
      if (name !== 'refuse' && !this.chains.has(name!)) throw new Error(`no chain ${name}`);
    for (const [, name] of rule.matchAll(/@([^\s,]+)/g)) if (!this.sets.has(name!)) throw new Error(`no set ${name}`);
  }
}
