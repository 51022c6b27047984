import { symlinkSync } from 'node:fs';
import { mkdir, readdir, readlink, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { EngineError } from '../errors.ts';
import { freeAddresses, type NetworkRange } from './ipam.ts';

/**
 * Who has which address of one network. Each is a symbolic link `<directory>/<ip>` → container: made in one step that fails when it is there,
 * and found again by the next engine.
 */
export class Addresses {
  private readonly holders = new Map<string, string>();

  private constructor(private readonly directory: string) {}

  static async open(directory: string): Promise<Addresses> {
    const addresses = new Addresses(directory);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    for (const name of await readdir(directory)) addresses.holders.set(name, await readlink(join(directory, name)));
    return addresses;
  }

  /** Throws 403 for one that another has, 503 where all are given. `wanted`: this and no other. */
  take(range: NetworkRange, holder: string, { wanted, network }: { wanted?: string | undefined; network: string }): string {
    if (wanted !== undefined && (wanted === range.gateway || this.holders.has(wanted)))
      throw new EngineError(403, 'Address already in use');
    const ip = wanted ?? this.nextOf(range);
    if (ip === undefined) {
      const family = range.subnet.includes(':') ? 'IPv6' : 'IPv4';
      throw new EngineError(503, `no available ${family} addresses on this network's address pools: ${network}`);
    }
    symlinkSync(holder, join(this.directory, ip));
    this.holders.set(ip, holder);
    return ip;
  }

  of(holder: string): string[] {
    return [...this.holders].flatMap(([ip, other]) => (other === holder ? [ip] : []));
  }

  holderOf(ip: string): string | undefined {
    return this.holders.get(ip);
  }

  all(): Iterable<readonly [ip: string, holder: string]> {
    return this.holders;
  }

  /** Idempotent. An address is free for others only once its file is gone. */
  async give(holder: string): Promise<void> {
    for (const ip of this.of(holder)) {
      await unlink(join(this.directory, ip));
      this.holders.delete(ip);
    }
  }

  private nextOf(range: NetworkRange): string | undefined {
    for (const ip of freeAddresses(range)) if (!this.holders.has(ip)) return ip;
    return undefined;
  }
}
