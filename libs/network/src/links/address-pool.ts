import { symlinkSync } from 'node:fs';
import { mkdir, readdir, readlink, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { addressAt, sizeOf } from '#api';
import { type AddressFamily, mustFamilyOf, ofFamily } from '../family.ts';

/**
 * Pod addresses of one node in one range. Each is a symbolic link `<directory>/<ip>` → sandbox id: made in one step that fails when it is there, so
 * two never get the same, and found again by the next agent; the ranges
 * of both families share a directory. Nothing is synced to disk: after a power failure no sandbox is left either.
 */
class AddressPool {
  private readonly holders = new Map<string, string>();
  private readonly addresses = new Map<string, string>();
  private last: number;

  private constructor(
    private readonly directory: string,
    private readonly range: Range,
  ) {
    this.last = FIRST - 1;
  }

  static async open(directory: string, cidr: string): Promise<AddressPool> {
    const pool = new AddressPool(directory, rangeOf(cidr));
    await mkdir(directory, { recursive: true });
    for (const ip of (await readdir(directory)).filter(ofFamily(pool.range.family))) pool.hold(ip, await readlink(join(directory, ip)));
    return pool;
  }

  get(sandboxId: string): string | undefined {
    return this.addresses.get(sandboxId);
  }

  /** Those that have an address of this range. */
  sandboxes(): Iterable<string> {
    return this.addresses.keys();
  }

  /** The sandbox's address; a new one is the next free after the last given, so that an address rests as long as it can. */
  take(sandboxId: string): string {
    const known = this.addresses.get(sandboxId);
    if (known !== undefined) return known;
    const { cidr, count } = this.range;
    for (let i = 1; i <= count; i++) {
      const offset = FIRST + ((this.last - FIRST + i + count) % count);
      const ip = addressAt(cidr, offset);
      if (this.holders.has(ip)) continue;
      this.last = offset;
      this.hold(ip, sandboxId);
      try {
        symlinkSync(sandboxId, join(this.directory, ip));
      } catch (err) {
        this.forget(sandboxId);
        throw err;
      }
      return ip;
    }
    throw new Error(`no free address: all ${count} of the pod range ${cidr} are in use`);
  }

  /** Idempotent. The address is free for others only once its file is gone. */
  async give(sandboxId: string): Promise<void> {
    const ip = this.addresses.get(sandboxId);
    if (ip === undefined) return;
    await unlink(join(this.directory, ip));
    this.forget(sandboxId);
  }

  private hold(ip: string, sandboxId: string): void {
    this.holders.set(ip, sandboxId);
    this.addresses.set(sandboxId, ip);
  }

  private forget(sandboxId: string): void {
    const ip = this.addresses.get(sandboxId);
    if (ip !== undefined) this.holders.delete(ip);
    this.addresses.delete(sandboxId);
  }
}

/** A node's ranges, one a family at most: a sandbox has an address out of each. */
export class AddressPools {
  private constructor(private readonly pools: readonly AddressPool[]) {}

  static async open(directory: string, cidrs: readonly string[]): Promise<AddressPools> {
    return new AddressPools(await Promise.all(cidrs.map((cidr) => AddressPool.open(directory, cidr))));
  }

  /** Whether it has an address out of any of the ranges. */
  has(sandboxId: string): boolean {
    return this.pools.some((pool) => pool.get(sandboxId) !== undefined);
  }

  /** sandboxId → its addresses, in the order of the ranges. */
  list(): Map<string, readonly string[]> {
    const ids = new Set(this.pools.flatMap((pool) => [...pool.sandboxes()]));
    return new Map([...ids].map((id) => [id, this.pools.flatMap((pool) => pool.get(id) ?? [])]));
  }

  /**
   * In the order of the ranges. Idempotent. Throws an Error for people when a range is full; what it took out of the others stays the
   * sandbox's until `give`.
   */
  take(sandboxId: string): readonly string[] {
    return this.pools.map((pool) => pool.take(sandboxId));
  }

  async give(sandboxId: string): Promise<void> {
    for (const pool of this.pools) await pool.give(sandboxId);
  }
}

interface Range {
  family: AddressFamily;
  cidr: string;
  count: number;
}

const FIRST = 2;

/** The addresses of a range without its first two (network, and the one that is a gateway elsewhere) and its last (broadcast). */
function rangeOf(cidr: string): Range {
  const family = mustFamilyOf(cidr);
  const length = Number(cidr.split('/')[1]);
  if (!(length >= 8 && length <= family.bits - 2)) {
    throw new Error(`not a pod range with room for addresses, such as 10.244.1.0/24 or fd00:10:244:1::/64: ${cidr}`);
  }
  return { family, cidr, count: sizeOf(cidr) - FIRST - 1 };
}
