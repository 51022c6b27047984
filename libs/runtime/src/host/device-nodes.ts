import { calls, checked, cPath } from './libc.ts';

/** File type bits of mknod(2). */
export const nodeTypes = { character: 0o020000, block: 0o060000, fifo: 0o010000 } as const;

/** Makes a device or a fifo. `mode` are permission bits; they pass the umask as mknod(2) does. */
export function makeNode(path: string, type: keyof typeof nodeTypes, mode: number, device = { major: 0, minor: 0 }): void {
  checked('mknod', calls.mknod(cPath(path), nodeTypes[type] | mode, deviceNumber(device.major, device.minor)), path);
}

/** glibc's makedev(3): 12 + 20 bits, interleaved for the sake of old programs. */
export function deviceNumber(major: number, minor: number): number {
  return Number((BigInt(minor) & 0xffn) | ((BigInt(major) & 0xfffn) << 8n) | ((BigInt(minor) & 0xfff00n) << 12n));
}
