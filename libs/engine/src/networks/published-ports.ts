import { lookUp } from '#base';
import type { HostPorts, PublishedPort } from '#network/contract';
import { EngineError } from '../errors.ts';
import type { PortMap, WantedPort } from './ports.ts';

/** Where ports without a wish come from: `net.ipv4.ip_local_port_range` begins so, and Docker goes through it in order. */
const EPHEMERAL = { from: 32_768, to: 60_999 };

export interface PublishedPortsOptions {
  hostPorts: HostPorts;
  /** The node has IPv6. */
  ipv6: boolean;
}

export interface Publisher {
  container: string;
  /** For messages. */
  name: string;
  endpointId: string;
  /** Its addresses where ports lead to: one of a family at most. */
  ips: readonly string[];
  /** Where a port without an address is published, instead of everywhere. */
  defaultHostIp?: string | undefined;
}

const isV6 = (ip: string): boolean => ip.includes(':');

/** The node's ports that lead to containers: each of them to one. */
export class PublishedPorts {
  private readonly byContainer = new Map<string, PublishedPort[]>();
  private next = EPHEMERAL.from;

  constructor(private readonly options: PublishedPortsOptions) {}

  all(): PublishedPort[] {
    return [...this.byContainer.values()].flat();
  }

  /** All of them or, where one is not to be had, none. Throws 500 with Docker's words. */
  async publish(publisher: Publisher, wanted: readonly WantedPort[]): Promise<PortMap> {
    const ports: PublishedPort[] = [];
    this.byContainer.set(publisher.container, ports);
    const map = new Map<string, PortMap[string]>();
    try {
      for (const port of wanted) {
        const made = await this.publishOne(publisher, port, ports);
        const shown = made.map(({ hostIp, hostPort }) => ({ HostIp: hostIp, HostPort: String(hostPort) }));
        map.set(port.key, [...(map.get(port.key) ?? []), ...shown]);
      }
    } catch (err) {
      await this.withdraw(publisher.container);
      throw err;
    }
    return Object.fromEntries(map);
  }

  /** Ports of a container that a former engine published: whoever has taken one meanwhile keeps it. Answers those that are lost. */
  async adopt({ container, ips }: Publisher, map: PortMap): Promise<PublishedPort[]> {
    const ports = portsOf(map).flatMap((port) => targets(port, ips));
    this.byContainer.set(container, ports);
    const held = await Promise.allSettled(ports.map((port) => this.options.hostPorts.hold(port)));
    return ports.filter((_, i) => held[i]!.status === 'rejected');
  }

  /** Idempotent. */
  async withdraw(container: string): Promise<void> {
    const ports = this.byContainer.get(container) ?? [];
    this.byContainer.delete(container);
    await Promise.all(ports.map((port) => this.options.hostPorts.release(port)));
  }

  private async publishOne(publisher: Publisher, wanted: WantedPort, ports: PublishedPort[]): Promise<PublishedPort[]> {
    const { from, to } = wanted.from === 0 ? EPHEMERAL : wanted;
    const count = to - from + 1;
    const start = wanted.from === 0 ? this.next - from : 0;
    let refusal: unknown;
    for (let i = 0; i < count; i++) {
      const hostPort = from + ((start + i) % count);
      const candidates = this.addressesOf(publisher, wanted).flatMap((hostIp) =>
        targets({ protocol: wanted.protocol, hostIp, hostPort, containerPort: wanted.containerPort }, publisher.ips),
      );
      const held = await this.holdAll(publisher, candidates, ports).catch((err: unknown) => {
        refusal = err;
        return false;
      });
      if (!held) continue;
      if (wanted.from === 0) this.next = hostPort >= EPHEMERAL.to ? EPHEMERAL.from : hostPort + 1;
      return candidates;
    }
    throw refusal;
  }

  private addressesOf({ defaultHostIp }: Publisher, { hostIp }: WantedPort): string[] {
    const asked = hostIp || (defaultHostIp === '0.0.0.0' ? '' : (defaultHostIp ?? ''));
    return asked !== '' ? [asked] : this.options.ipv6 ? ['0.0.0.0', '::'] : ['0.0.0.0'];
  }

  private async holdAll(publisher: Publisher, candidates: readonly PublishedPort[], ports: PublishedPort[]): Promise<boolean> {
    const failed = (words: string, cause?: unknown): EngineError => {
      const before = `driver failed programming external connectivity on endpoint ${publisher.name} (${publisher.endpointId})`;
      return new EngineError(500, `${before}: ${words}`, { cause });
    };
    const held: PublishedPort[] = [];
    for (const port of candidates) {
      if (this.all().some((other) => collide(port, other))) {
        await this.drop(held, ports);
        throw failed(`Bind for ${socketOf(port)} failed: port is already allocated`);
      }
      ports.push(port);
      held.push(port);
      try {
        await this.options.hostPorts.hold(port);
      } catch (err) {
        await this.drop(held, ports);
        throw failed(`failed to bind host port ${socketOf(port)}/${port.protocol}: ${reasonOf(err)}`, err);
      }
    }
    return true;
  }

  private async drop(held: readonly PublishedPort[], ports: PublishedPort[]): Promise<void> {
    for (const port of held) {
      ports.splice(ports.indexOf(port), 1);
      await this.options.hostPorts.release(port);
    }
  }
}

/** To the container's address of the same family, or of the other where it has none: that way a server of the node's passes it on. */
function targets(port: Omit<PublishedPort, 'containerIp'>, ips: readonly string[]): PublishedPort[] {
  const containerIp = ips.find((ip) => isV6(ip) === isV6(port.hostIp)) ?? ips[0];
  return containerIp === undefined ? [] : [{ ...port, containerIp }];
}

const portsOf = (map: PortMap): Omit<PublishedPort, 'containerIp'>[] =>
  Object.entries(map).flatMap(([key, bindings]) => {
    const [containerPort, protocol] = key.split('/') as [string, PublishedPort['protocol']];
    return bindings.map(({ HostIp, HostPort }) => ({
      protocol,
      hostIp: HostIp,
      hostPort: Number(HostPort),
      containerPort: Number(containerPort),
    }));
  });

const anywhere = ['0.0.0.0', '::'];

function collide(a: PublishedPort, b: PublishedPort): boolean {
  if (a.protocol !== b.protocol || a.hostPort !== b.hostPort || isV6(a.hostIp) !== isV6(b.hostIp)) return false;
  return a.hostIp === b.hostIp || anywhere.includes(a.hostIp) || anywhere.includes(b.hostIp);
}

const socketOf = ({ hostIp, hostPort }: PublishedPort): string => (isV6(hostIp) ? `[${hostIp}]:${hostPort}` : `${hostIp}:${hostPort}`);

/** As Go says it. */
function reasonOf(err: unknown): string {
  const words: Record<string, string> = {
    EADDRINUSE: 'address already in use',
    EADDRNOTAVAIL: 'cannot assign requested address',
    EACCES: 'permission denied',
  };
  const code = (err as { code?: string }).code ?? '';
  return lookUp(words, code) ?? (err instanceof Error ? err.message : String(err));
}
