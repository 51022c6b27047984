import { node } from '../testing/small-cluster.ts';
import { cidrPool, reconcile } from './reconcile.ts';

const pools = [cidrPool('10.244.0.0/16', 24)];

describe('node pod ranges', () => {
  it.each([
    { cidr: '10.244.0.0/16', size: 24, third: '10.244.3.0/24', count: 256 },
    { cidr: '10.0.0.0/8', size: 24, third: '10.0.3.0/24', count: 65_536 },
    { cidr: '192.168.7.0/24', size: 26, third: '192.168.7.192/26', count: 4 },
    { cidr: 'fd00:10:244::/48', size: 64, third: 'fd00:10:244:3::/64', count: 65_536 },
  ])('cuts $cidr into /$size', ({ cidr, size, third, count }) => {
    const pool = cidrPool(cidr, size);
    expect([pool.range(3), pool.count]).toEqual([third, count]);
  });

  it('refuses a node range larger than the cluster’s', () => {
    expect(() => cidrPool('10.244.0.0/16', 12)).toThrow('does not fit');
  });

  it('gives the first free range of each family', () => {
    const both = [...pools, cidrPool('fd00::/56', 64)];
    const { actions } = reconcile({ node: node('n'), taken: new Set(['10.244.0.0/24', '10.244.2.0/24']), pools: both });
    expect(actions).toMatchObject([{ do: 'assign', podCIDRs: ['10.244.1.0/24', 'fd00::/64'] }]);
  });

  it('leaves a node what it has, and reports when nothing is free', () => {
    expect(reconcile({ node: { ...node('n'), spec: { podCIDR: '10.9.0.0/24' } }, taken: new Set(), pools }).actions).toEqual([]);
    const small = cidrPool('10.0.0.0/24', 24);
    expect(reconcile({ node: node('n'), taken: new Set(['10.0.0.0/24']), pools: [small] }).actions).toMatchObject([{ do: 'report' }]);
  });
});
