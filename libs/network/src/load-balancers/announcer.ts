import { closeSync } from 'node:fs';
import koffi from 'koffi';
import type { Announcer } from '../contract.ts';
import { ipv4, mustFamilyOf, ofFamily } from '../family.ts';
import { NetlinkError } from '../netlink/socket.ts';
import { deviceOf, linkOf } from '../links/node-link.ts';
import { hostRunner, ipBatch, must, type Runner } from '../runner.ts';
import { announcement } from './frames.ts';

const AF_PACKET = 17;
const SOCK_RAW_CLOEXEC_NONBLOCK = 3 | 0x80000 | 0x800;

const libc = koffi.load('libc.so.6');
const makeSocket = libc.func('int socket(int domain, int type, int protocol)') as (
  domain: number,
  type: number,
  protocol: number,
) => number;
const sendTo = libc.func('long sendto(int fd, const uint8_t *data, size_t length, int flags, const uint8_t *to, uint32_t size)') as (
  ...args: [fd: number, data: Buffer, length: number, flags: number, to: Buffer, size: number]
) => number;

/**
 * Answers for addresses on the link of the node's own by proxy (`ip neigh add proxy`), so that they are nobody's: what services do not serve
 * there reaches none of the node's own ports. The kernel answers for an address that it has a route for over another interface, which
 * `prepareNode` gives the pool.
 */
export function createAnnouncer({ nodeIps, runner = hostRunner }: { nodeIps: readonly string[]; runner?: Runner }): Announcer {
  return new ProxyAnnouncer(nodeIps, runner);
}

class ProxyAnnouncer implements Announcer {
  constructor(
    private readonly nodeIps: readonly string[],
    private readonly runner: Runner,
  ) {}

  async apply(ips: readonly string[]): Promise<readonly string[]> {
    const added: string[] = [];
    for (const nodeIp of this.nodeIps) {
      const family = mustFamilyOf(nodeIp);
      const wanted = ips.filter(ofFamily(family));
      const device = await deviceOf(nodeIp, this.runner);
      const present = await this.present(family === ipv4 ? '-4' : '-6', device);
      const fresh = wanted.filter((ip) => !present.includes(ip));
      const lines = [
        ...present.filter((ip) => !wanted.includes(ip)).map((ip) => `neigh del proxy ${ip} dev ${device}`),
        ...fresh.map((ip) => `neigh add proxy ${ip} dev ${device}`),
      ];
      if (lines.length === 0) continue;
      await this.answerAtOnce(family === ipv4 ? 'ipv4' : 'ipv6', device);
      await ipBatch(this.runner, lines);
      added.push(...fresh);
    }
    return added;
  }

  async tell(ips: readonly string[]): Promise<void> {
    if (ips.length === 0) return;
    const fd = makeSocket(AF_PACKET, SOCK_RAW_CLOEXEC_NONBLOCK, 0); // protocol 0: it receives nothing
    if (fd < 0) throw new NetlinkError(koffi.errno(), 'socket(AF_PACKET)');
    try {
      for (const nodeIp of this.nodeIps) {
        const { index, mac } = await linkOf(await deviceOf(nodeIp, this.runner), this.runner);
        const to = Buffer.alloc(20); // sockaddr_ll, packet(7)
        to.writeUInt16LE(AF_PACKET, 0);
        to.writeInt32LE(index, 4);
        for (const ip of ips.filter(ofFamily(mustFamilyOf(nodeIp)))) {
          const frame = announcement(ip, { mac, ip: nodeIp });
          if (sendTo(fd, frame, frame.length, 0, to, to.length) < 0) throw new NetlinkError(koffi.errno(), `announcing ${ip}`);
        }
      }
    } finally {
      closeSync(fd);
    }
  }

  private async present(family: '-4' | '-6', device: string): Promise<string[]> {
    const json = await must(this.runner, ['ip', '-j', family, 'neigh', 'show', 'proxy', 'dev', device]);
    return (JSON.parse(json.trim() || '[]') as { dst?: string }[]).flatMap(({ dst }) => dst ?? []);
  }

  /** The kernel holds proxied answers back for up to 0.8 s, so that the address's owner may answer first; here there is none. */
  private async answerAtOnce(family: 'ipv4' | 'ipv6', device: string): Promise<void> {
    await this.runner.sysctl(`net.${family}.neigh.${device}.proxy_delay`, '0');
    if (family === 'ipv6') await this.runner.sysctl(`net.ipv6.conf.${device}.proxy_ndp`, '1');
  }
}
