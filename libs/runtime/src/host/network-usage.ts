import { readFile } from 'node:fs/promises';
import type { NetworkUsage } from '../containers.contract.ts';

/** Of the links that a process sees, without its loopback: proc_pid_net(5). None when it is gone. */
export async function networkUsage(pid: number): Promise<NetworkUsage[]> {
  try {
    return parseNetworkUsage(await readFile(`/proc/${pid}/net/dev`, 'utf8'));
  } catch (err) {
    if (['ENOENT', 'ESRCH', 'EINVAL'].includes((err as NodeJS.ErrnoException).code ?? '')) return [];
    throw err;
  }
}

/** Two lines of titles, then a line for each link. */
export function parseNetworkUsage(text: string): NetworkUsage[] {
  return text
    .split('\n')
    .slice(2)
    .map((line) => line.trim().split(/[:\s]+/))
    .filter(([name]) => name && name !== 'lo')
    .map(([name, ...columns]) => {
      const at = (column: number): number => Number(columns[column] ?? 0);
      return {
        name: name!,
        received: { bytes: at(0), packets: at(1), errors: at(2), dropped: at(3) },
        sent: { bytes: at(8), packets: at(9), errors: at(10), dropped: at(11) },
      };
    });
}
