import { symlinkSync } from 'node:fs';
import { mkdir, readdir, readlink, unlink } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Pod addresses of one node. Each is a symbolic link `<directory>/<ip>` → sandbox id: made in one step that fails when it is there, so
 * two never get the same, and found again by the next agent. Nothing is synced to disk: after a power failure no sandbox is left either.
 */
export class AddressPool {
  private readonly holders = new Map<string, string>();
  private readonly addresses = new Map<string, string>();
  private last: number;

  private constructor(
    private readonly directory: string,
    private readonly range: Range,
  ) {
    this.last = range.first - 1;
  }

  static async open(directory: string, cidr: string): Promise<AddressPool> {
    const pool = new AddressPool(directory, rangeOf(cidr));
    await mkdir(directory, { recursive: true });
    for (const ip of await readdir(directory)) pool.hold(ip, await readlink(join(directory, ip)));
    return pool;
  }

  get(sandboxId: string): string | undefined {
    return this.addresses.get(sandboxId);
  }

  list(): Map<string, string> {
    return new Map(this.addresses);
  }

  /** The sandbox's address; a new one is the next free after the last given, so that an address rests as long as it can. */
  take(sandboxId: string): string {
    const known = this.addresses.get(sandboxId);
    if (known !== undefined) return known;
    const { first, count } = this.range;
    for (let i = 1; i <= count; i++) {
      const number = first + ((this.last - first + i + count) % count);
      const ip = format(number);
      if (this.holders.has(ip)) continue;
      this.last = number;
      this.hold(ip, sandboxId);
      try {
        symlinkSync(sandboxId, join(this.directory, ip));
      } catch (err) {
        this.forget(sandboxId);
        throw err;
      }
      return ip;
    }
    throw new Error(`no free address: all ${count} of the pod range are in use`);
  }

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

interface Range {
  first: number;
  count: number;
}

/** The addresses of a range without its first two (network, and the one that is a gateway elsewhere) and its last (broadcast). */
export function rangeOf(cidr: string): Range {
  const [base = '', bits = ''] = cidr.split('/');
  const prefix = Number(bits);
  if (!/^\d+\.\d+\.\d+\.\d+$/.test(base) || !(prefix >= 8 && prefix <= 30))
    throw new Error(`not an IPv4 pod range from /8 to /30: ${cidr}`);
  const size = 2 ** (32 - prefix);
  const number = base.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0);
  const start = number - (number % size);
  return { first: start + 2, count: size - 3 };
}

const format = (number: number): string => [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');
