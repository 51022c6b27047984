import { node } from '../testing/small-cluster.ts';
import { cidrPool, reconcile } from './reconcile.ts';

const pools = [cidrPool('10.244.0.0/16', 24)];

describe('node pod ranges', () => {
  it.each([
    ['10.244.0.0/16', 24, 3, '10.244.3.0/24', 256],
    ['10.0.0.0/8', 24, 256, '10.1.0.0/24', 65_536],
    ['192.168.7.0/24', 26, 3, '192.168.7.192/26', 4],
    ['fd00:10:244::/48', 64, 5, 'fd00:10:244:5::/64', 65_536],
  ])('cuts %s into /%i', (cidr, size, i, range, count) => {
    const pool = cidrPool(cidr, size);
    expect([pool.range(i), pool.count]).toEqual([range, count]);
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
