import { KeyedLock } from '#base';
import { csi } from '#proto';
import type { CsiClient } from './csi-client.ts';
import type { CsiPaths } from './csi-paths.ts';

export type NodeCapability = keyof typeof csi.NodeServiceCapability_RPC_Type;

/** A driver that has made itself known, as it said of itself. */
export interface CsiDriverHere {
  name: string;
  client: CsiClient;
  nodeId: string;
  capabilities: ReadonlySet<NodeCapability>;
  /** 0: as many as one likes. */
  maxVolumes: number;
  topology: Readonly<Record<string, string>>;
}

/** The drivers of this node. */
export class CsiDrivers {
  private readonly drivers = new Map<string, CsiDriverHere>();
  /** By handle: staging and unstaging of one volume never overlap. */
  readonly volumes = new KeyedLock();

  constructor(readonly paths: CsiPaths) {}

  get(name: string): CsiDriverHere {
    const driver = this.drivers.get(name);
    if (!driver) throw new Error(`driver name ${name} not found in the list of registered CSI drivers`);
    return driver;
  }

  has(name: string): boolean {
    return this.drivers.has(name);
  }

  add(driver: CsiDriverHere): void {
    this.drivers.get(driver.name)?.client.close();
    this.drivers.set(driver.name, driver);
  }

  remove(name: string): void {
    this.drivers.get(name)?.client.close();
    this.drivers.delete(name);
  }

  close(): void {
    for (const name of this.drivers.keys()) this.remove(name);
  }
}

/** What the driver can do beside publishing. */
export function capabilitiesOf({ capabilities }: csi.NodeGetCapabilitiesResponse): ReadonlySet<NodeCapability> {
  return new Set(
    capabilities.flatMap(({ type }) =>
      type?.$case === 'rpc' ? ((csi.NodeServiceCapability_RPC_Type[type.value.type] as NodeCapability | undefined) ?? []) : [],
    ),
  );
}
