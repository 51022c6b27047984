import type { PodNetwork } from '#network/contract';
import { badParameter, notFound } from '../errors.ts';

/** How a container is connected: with a network of its own that leads out, none, or the node's. */
export type Connection = 'bridge' | 'none' | 'host';

/** The default bridge: an address of the range for each container. */
export interface NodeLinks {
  bridge: Bridge;
  /** Raises the loopback of a network namespace that has nothing else. */
  loopback: (netnsPath: string) => Promise<void>;
}

export interface Bridge {
  network: Pick<PodNetwork, 'attach' | 'detach' | 'list'>;
  /** `172.17.0.0/16` */
  subnet: string;
  /** Where names are asked for: addresses for resolv.conf. */
  dns: readonly string[];
}

export interface NetworkView {
  Name: string;
  Id: string;
  Driver: string;
  Subnet?: string;
}

const fixedId = (digit: string): string => digit.repeat(64);

/** The networks of the engine. */
export class Networks {
  private readonly bridge: Bridge;

  constructor(private readonly links: NodeLinks) {
    this.bridge = links.bridge;
  }

  /** Of `HostConfig.NetworkMode`. Throws 404 for a network that is not there. */
  connectionOf(mode: string): Connection {
    if (mode === 'host' || mode === 'none') return mode;
    if (mode === 'default' || mode === 'bridge' || mode === '') return 'bridge';
    if (mode.startsWith('container:')) throw badParameter(`network mode ${mode} is not supported by this engine`);
    throw notFound(`network ${mode} not found`);
  }

  /** Answers its addresses on the bridge. `netnsPath`: undefined where the node's network is used. */
  async attach(connection: Connection, sandboxId: string, netnsPath: string | undefined): Promise<readonly string[]> {
    if (netnsPath === undefined) return [];
    if (connection === 'bridge') return (await this.bridge.network.attach({ sandboxId, netnsPath })).ips;
    await this.links.loopback(netnsPath);
    return [];
  }

  async detach(sandboxId: string): Promise<void> {
    await this.bridge.network.detach(sandboxId);
  }

  /** Addresses of all that is attached, those of former engines too. */
  async addresses(): Promise<Map<string, readonly string[]>> {
    return this.bridge.network.list();
  }

  get dns(): readonly string[] {
    return this.bridge.dns;
  }

  list(): NetworkView[] {
    const { bridge } = this;
    return [
      { Name: 'bridge', Id: fixedId('b'), Driver: 'bridge', Subnet: bridge.subnet },
      { Name: 'host', Id: fixedId('a'), Driver: 'host' },
      { Name: 'none', Id: fixedId('c'), Driver: 'null' },
    ];
  }

  /** By name, id or its beginning. Throws 404. */
  find(reference: string): NetworkView {
    const found = this.list().find(({ Name, Id }) => Name === reference || (reference !== '' && Id.startsWith(reference)));
    if (!found) throw notFound(`network ${reference} not found`);
    return found;
  }
}
