import { defaultSettings, settingsFrom, UsageError } from './cluster-settings.ts';
import { poolsOf } from './load-balancer-pool.ts';

const pools = (nodeCidr: string, loadBalancerCidr = '', nodes = 3): string[] =>
  poolsOf({ ...defaultSettings, nodeCidr, loadBalancerCidr, nodes });

describe('addresses for load balancers', () => {
  it.each([
    ['10.89.0.0/24', '', ['10.89.0.224/27']],
    ['10.89.0.0/28', '', ['10.89.0.14/31']],
    ['10.0.0.0/8', '', ['10.0.224.0/19']],
    ['10.89.0.0/24,fd00:10:89::/80', '', ['10.89.0.224/27', 'fd00:10:89::e000/115']],
    ['10.89.0.0/24', 'none', []],
    ['10.89.0.0/24', '10.89.0.128/25', ['10.89.0.128/25']],
    ['10.89.0.0/24,fd00:10:89::/80', 'fd00:10:89::1:0/112', ['fd00:10:89::1:0/112']],
  ])('of the node network %s with %j are %j', (network, given, want) => expect(pools(network, given)).toEqual(want));

  it('have no node among them, however many there are', () => expect(() => pools('10.89.0.0/24', '10.89.0.224/27', 200)).not.toThrow());

  it.each([
    ['10.90.0.0/24', '--load-balancer-cidr 10.90.0.0/24: must be a part of the node network 10.89.0.0/24'],
    ['10.89.0.0/16', '--load-balancer-cidr 10.89.0.0/16: must be a part of the node network 10.89.0.0/24'],
    ['fd00::/112', '--load-balancer-cidr fd00::/112: must be a part of the node network 10.89.0.0/24'],
    ['10.89.0.12/30', '--load-balancer-cidr 10.89.0.12/30: must not have the address 10.89.0.12 of the machine or a node in it'],
    ['10.89.0.0/29', '--load-balancer-cidr 10.89.0.0/29: must not have the address 10.89.0.1 of the machine or a node in it'],
  ])('are refused where they cannot be used: %s', (given, message) => {
    expect(() => pools('10.89.0.0/24', given)).toThrow(new UsageError(message));
  });

  it.each(['all', '10.89.0.225/27', '10.89.0.224/27,10.89.0.192/27', ','])('are refused where they are no ranges: %s', (text) => {
    expect(() => settingsFrom({ 'load-balancer-cidr': text }, {})).toThrow(/^--load-balancer-cidr .*: must be none or a part of/);
  });
});
