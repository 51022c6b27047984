import type { Node } from '#api/types';
import { nodeCondition } from '#objects';
import { ClusterApi } from '../cluster-api.ts';
import { nodesOf } from '../supervisor/layout.ts';
import { agentPart, controlPlaneParts } from '../supervisor/parts.ts';
import { runningPid } from '../supervisor/process.ts';
import { type CommandContext, existingCluster } from './context.ts';

/** Prints each part with its process, and each node as the API sees it. False when something is down that should run. */
export async function status(context: CommandContext): Promise<boolean> {
  const { layout, settings } = await existingCluster(context);
  const input = { ...context, settings, layout };
  const parts = [
    { name: 'supervisor', pidFile: layout.pidFile('supervisor') },
    ...controlPlaneParts(input),
    ...nodesOf(settings).map((n) => agentPart(input, n)),
  ];
  const rows = await Promise.all(parts.map(async (part) => ({ name: part.name, pid: await runningPid(part) })));
  context.write(`cluster ${settings.name} in ${layout.home}\n`);
  for (const { name, pid } of rows) context.write(`  ${name.padEnd(24)} ${pid === undefined ? 'down' : `running, process ${pid}`}\n`);
  const nodes = await readNodes(layout, settings);
  for (const { name, ip } of nodesOf(settings))
    context.write(`  node ${name.padEnd(19)} ${ip.padEnd(15)} ${nodes.get(name) ?? 'unknown'}\n`);
  return rows.every(({ pid }) => pid !== undefined) && nodes.size > 0;
}

async function readNodes(...cluster: Parameters<typeof ClusterApi.open>): Promise<Map<string, string>> {
  const api = await ClusterApi.open(...cluster);
  try {
    const { items } = await api.get<{ items: Node[] }>('/api/v1/nodes');
    return new Map(items.map((node) => [node.metadata.name ?? '', hasReportedReady(node) ? 'Ready' : 'NotReady']));
  } catch {
    return new Map(); // the api-server is down: its own row says so
  } finally {
    api.close();
  }
}

/** Whether its agent has reported it ready, at or after `sinceMs`. */
export function hasReportedReady(node: Node, sinceMs = 0): boolean {
  const ready = nodeCondition(node, 'Ready');
  return ready?.status === 'True' && Date.parse(ready.lastHeartbeatTime ?? '') >= sinceMs;
}
