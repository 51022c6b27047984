import type { PublishedPort } from '#network/contract';
import type { NodeLinks } from '../networks/node-links.ts';

export interface FakeLinks {
  /** Links of containers by name, with their addresses. */
  attached: Map<string, readonly string[]>;
  /** Ports that are in force. */
  published: PublishedPort[];
  /** Ports that other programs of the node have. */
  busy?: ReadonlySet<number>;
}

/** A node's network that only remembers. */
export function fakeLinks({ attached, published, busy = new Set() }: FakeLinks): NodeLinks {
  return {
    bridges: {
      has: async (link) => link === 'eth0',
      raise: async () => undefined,
      lower: async () => undefined,
      applyRules: async (_bridges, ports) => void published.splice(0, published.length, ...ports),
      attach: async ({ link, addresses }) => void attached.set(link, addresses),
      detach: async (link) => void attached.delete(link),
      lead: async () => undefined,
    },
    hostPorts: {
      async hold({ hostPort }) {
        if (busy.has(hostPort)) throw Object.assign(new Error('busy'), { code: 'EADDRINUSE' });
      },
      release: async () => undefined,
      close: async () => undefined,
    },
    prefix: 'spec',
    subnet: '172.17.0.0/16',
    taken: ['10.244.0.0/16', '10.96.0.0/16'],
    linkRanges: () => ['192.0.2.0/24'],
    ipv6: true,
    cluster: { dns: ['10.96.0.10'], domain: 'cluster.local' },
    resolvConf: '/etc/resolv.conf',
    loopback: async () => undefined,
  };
}
