import { defaultSettings, mergeSettings, settingsFrom, UsageError } from './cluster-settings.ts';
import { bridgeOf, dnsAddressesOf, layoutOf, nodesOf, onNodeNetwork } from './layout.ts';
import { hostRules } from './node-place.ts';
import { agentPart, apiServerNames, controlPlaneParts } from './parts.ts';

const pods = '10.244.0.0/16,fd00:10:244::/56';
const made = (env: NodeJS.ProcessEnv) => mergeSettings(undefined, settingsFrom({}, env));
const dual = made({ BERTH_POD_CIDR: pods });
const flagsOf = (command: readonly string[]) => (flag: string) => command[command.indexOf(`--${flag}`) + 1];

describe('the networks of a cluster', () => {
  it.each([
    ['node-cidr', '10.89.0.1/24'],
    ['node-cidr', '10.89.0.0/30'],
    ['pod-cidr', 'fd00:10:244::/56'],
    ['pod-cidr', '10.244.0.0/16,10.245.0.0/16'],
    ['pod-cidr', `${pods},10.0.0.0/8`],
    ['pod-cidr', '10.244.0.0/16,'],
    ['pod-cidr', '10.244.0.0/16,fd00:10:244::/72'],
    ['pod-cidr', '10.244.0.0/16,FD00:10:244::/56'],
    ['pod-cidr', '10.244.0.0/16,fd00:10:244::1/56'],
    ['service-cidr', '10.96.0.0/16,fd00:10:96::/64'],
  ])('are refused with the name of the flag: --%s %s', (flag, text) => {
    expect(() => settingsFrom({ [flag]: text }, {})).toThrow(
      new RegExp(`^--${flag} ${text}: must be an IPv4 network such as \\S+, alone or with an IPv6 network`),
    );
  });

  it.each<[string, NodeJS.ProcessEnv, object]>([
    ['stay single where the pods have one family', {}, { nodeCidr: '10.89.0.0/24', podCidr: '10.244.0.0/16', serviceCidr: '10.96.0.0/16' }],
    [
      'get their second ranges from the first',
      { BERTH_POD_CIDR: pods, BERTH_NODE_CIDR: '10.215.0.0/24' },
      { nodeCidr: '10.215.0.0/24,fd00:10:215::/80', podCidr: pods, serviceCidr: '10.96.0.0/16,fd00:10:96::/112' },
    ],
    [
      'are those that are given',
      { BERTH_POD_CIDR: pods, BERTH_SERVICE_CIDR: 'fd00:1::/112,10.96.0.0/16', BERTH_NODE_CIDR: '10.89.0.0/24,fd00:2::/64' },
      { nodeCidr: '10.89.0.0/24,fd00:2::/64', serviceCidr: 'fd00:1::/112,10.96.0.0/16' },
    ],
    [
      'have the nodes in the order of the pods',
      { BERTH_POD_CIDR: 'fd00:10:244::/56,10.244.0.0/16' },
      { nodeCidr: 'fd00:10:89::/80,10.89.0.0/24', serviceCidr: '10.96.0.0/16,fd00:10:96::/112' },
    ],
  ])('%s', (_what, env, want) => expect(made(env)).toMatchObject(want));

  it.each([
    [
      { BERTH_SERVICE_CIDR: '10.96.0.0/16,fd00::/112' },
      '--service-cidr has two address families, --pod-cidr 10.244.0.0/16 one: it must have both',
    ],
    [
      { BERTH_NODE_CIDR: '10.89.0.0/24,fd00::/64' },
      '--node-cidr has two address families, --pod-cidr 10.244.0.0/16 one: it must have both',
    ],
    [{ BERTH_POD_CIDR: '10.244.0.0/16,fd00:10::/32' }, 'the networks fd00:10::/32 and fd00:10:89::/80 of the cluster overlap'],
  ])('must not contradict each other: %j', (env, message) => expect(() => made(env)).toThrow(new UsageError(message)));

  it('of a cluster that is there are not taken for others when the same is given', () => {
    const again = settingsFrom({}, { BERTH_POD_CIDR: pods, BERTH_SERVICE_CIDR: '10.96.0.0/16' });
    expect(mergeSettings(dual, again)).toEqual(dual);
    expect(mergeSettings(dual, {})).toEqual(dual);
    expect(() => mergeSettings(defaultSettings, again)).toThrow('made with podCidr "10.244.0.0/16"');
  });
});

describe('a dual-stack cluster', () => {
  const input = { settings: dual, layout: layoutOf('/h'), installation: '/i', nodeBinary: 'node' };

  it('has addresses of both families', () => {
    expect(nodesOf(dual)[0]).toEqual({ name: 'berth-1', ip: '10.89.0.11', ips: ['10.89.0.11', 'fd00:10:89::b'] });
    expect(bridgeOf(dual)).toEqual({ name: 'berth-br', address: '10.89.0.1', addresses: ['10.89.0.1', 'fd00:10:89::1'] });
    expect(['10.89.0.11', 'fd00:10:89::b'].map((ip) => onNodeNetwork(ip, dual))).toEqual(['10.89.0.11/24', 'fd00:10:89::b/80 nodad']);
    expect(dnsAddressesOf(dual)).toEqual(['10.96.0.10', 'fd00:10:96::a']);
    expect(apiServerNames(dual).ipAddresses).toEqual(['127.0.0.1', '10.89.0.1', 'fd00:10:89::1', '10.96.0.1', 'fd00:10:96::1']);
  });

  it('tells its parts of them, and its services where the API is in their first family', () => {
    const agent = flagsOf(agentPart(input, nodesOf(dual)[0]!).command);
    expect(agent('node-ip')).toBe('10.89.0.11,fd00:10:89::b');
    expect(agent('bind-address')).toBe('10.89.0.11,fd00:10:89::b');
    expect(agent('cluster-dns')).toBe('10.96.0.10,fd00:10:96::a');
    const apiServer = (settings: typeof dual) =>
      flagsOf(controlPlaneParts({ ...input, settings }).find(({ name }) => name === 'api-server')!.command);
    expect(apiServer(dual)('bind-address')).toBe('127.0.0.1,10.89.0.1,fd00:10:89::1');
    expect(apiServer(dual)('advertise-address')).toBe('10.89.0.1');
    expect(apiServer({ ...dual, serviceCidr: 'fd00:10:96::/112,10.96.0.0/16' })('advertise-address')).toBe('fd00:10:89::1');
  });

  it('leads its nodes outside in both, and a single-stack one in one', () => {
    expect(hostRules(dual)).toContain('ip6 saddr fd00:10:89::/80 oifname != "berth-br" masquerade');
    expect(hostRules(dual)).toContain('    ip saddr 10.89.0.0/24 oifname != "berth-br" masquerade');
    expect(hostRules(defaultSettings)).not.toContain('ip6');
  });
});
