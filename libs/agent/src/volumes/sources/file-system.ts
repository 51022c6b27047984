import { mkdir } from 'node:fs/promises';
import { runProgram } from '../programs.ts';
import type { HostNode } from '../volume-plugin.ts';

export interface FileSystemOptions {
  /** ext4 unless told otherwise. */
  fsType?: string;
  options: readonly string[];
  readOnly: boolean;
  node: HostNode;
}

/** Mounts a device, after making a file system where it has none. Idempotent. As upstream's SafeFormatAndMount. */
export async function formatAndMount(
  device: string,
  target: string,
  { fsType, options, readOnly, node }: FileSystemOptions,
): Promise<void> {
  if (node.mounts.mountsBelow(target).includes(target)) return;
  await mkdir(target, { recursive: true, mode: 0o750 });
  const type = fsType || 'ext4';
  if (!/^[a-z0-9]+$/.test(type)) throw new Error(`unknown filesystem type ${JSON.stringify(type)}`);
  const present = await fileSystemOf(device);
  if (!present && readOnly) throw new Error(`failed to mount unformatted volume ${device} as read only`);
  if (!present) await runProgram([`mkfs.${type}`, ...quietly(type), device]);
  const flags = [...(readOnly ? ['ro'] : ['rw']), ...options];
  await runProgram(['mount', '-t', type, '-o', flags.join(','), device, target]);
}

/** Without a question asked, and with nothing kept for root. */
function quietly(type: string): string[] {
  if (type === 'xfs') return ['-f'];
  return type.startsWith('ext') ? ['-F', '-m0'] : [];
}

/** undefined: the device has none. blkid(8) tells that with exit code 2. */
async function fileSystemOf(device: string): Promise<string | undefined> {
  const found = await runProgram(['blkid', '-p', '-s', 'TYPE', '-o', 'value', device], { mayExit: [2] });
  return found.trim() || undefined;
}
