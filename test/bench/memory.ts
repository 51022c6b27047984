import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { home } from './api.ts';
import type { Row } from './run.ts';

/** Resident memory of every process of the cluster, as it is now. */
export async function memory(): Promise<Row[]> {
  const parts = readdirSync(join(home, 'run')).filter((file) => file.endsWith('.pid'));
  const nodes = readdirSync(join(home, 'nodes'));
  const rows = [
    ...parts.map((file) => ({ name: file.replace('.pid', ''), pid: pidIn(join(home, 'run', file)) })),
    ...nodes.map((node) => ({ name: `agent ${node}`, pid: pidIn(join(home, 'nodes', node, 'agent.pid')) })),
  ].map(({ name, pid }) => ({ name, mebibytes: residentMebibytes(pid) }));
  const five = rows.filter(({ name }) => ['api-server', 'scheduler', 'controller-manager', 'registry', 'redis'].includes(name));
  return [
    ...rows.map(({ name, mebibytes }) => ({ what: `memory of ${name}`, value: `${mebibytes.toFixed(0)} MiB` })),
    { what: 'the five of the control plane', value: `${five.reduce((sum, { mebibytes }) => sum + mebibytes, 0).toFixed(0)} MiB` },
  ];
}

function pidIn(path: string): number {
  return Number(readFileSync(path, 'utf8'));
}

function residentMebibytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
}
