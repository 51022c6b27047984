import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { home } from './api.ts';
import type { Row } from './run.ts';

/** Memory of every process of the cluster, as it is now: resident, and its proportional share of what processes have in common. */
export async function memory(): Promise<Row[]> {
  const parts = readdirSync(join(home, 'run')).filter((file) => file.endsWith('.pid'));
  const nodes = readdirSync(join(home, 'nodes'));
  const rows = [
    ...parts.map((file) => ({ name: file.replace('.pid', ''), pid: pidIn(join(home, 'run', file)) })),
    ...nodes.map((node) => ({ name: `agent ${node}`, pid: pidIn(join(home, 'nodes', node, 'agent.pid')) })),
  ].map(({ name, pid }) => ({ name, ...memoryOf(pid) }));
  const five = rows.filter(({ name }) => ['api-server', 'scheduler', 'controller-manager', 'registry', 'redis'].includes(name));
  const sum = (of: 'resident' | 'share'): number => five.reduce((total, row) => total + row[of], 0);
  const shown = (resident: number, share: number): string => `${resident.toFixed(0)} MiB, share ${share.toFixed(0)}`;
  return [
    ...rows.map(({ name, resident, share }) => ({ what: `memory of ${name}`, value: shown(resident, share) })),
    { what: 'the five of the control plane', value: shown(sum('resident'), sum('share')) },
  ];
}

function pidIn(path: string): number {
  return Number(readFileSync(path, 'utf8'));
}

/** MiB, of proc(5): `VmRSS` of status and `Pss` of smaps_rollup. */
function memoryOf(pid: number): { resident: number; share: number } {
  const kilobytes = (file: string, line: RegExp): number => Number(line.exec(readFileSync(`/proc/${pid}/${file}`, 'utf8'))?.[1] ?? 0);
  return { resident: kilobytes('status', /^VmRSS:\s+(\d+) kB/m) / 1024, share: kilobytes('smaps_rollup', /^Pss:\s+(\d+) kB/m) / 1024 };
}
