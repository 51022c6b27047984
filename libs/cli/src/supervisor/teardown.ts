import { rm, rmdir } from 'node:fs/promises';
import type { Clock } from '#base';
import type { ClusterSettings } from './cluster-settings.ts';
import { cgroupOf, type Layout, nodesOf } from './layout.ts';
import { cgroupFolders, removeBridge, removeNodePlace } from './node-place.ts';
import { agentPart, controlPlaneParts, type PartsInput } from './parts.ts';
import { endProcess, runningPid } from './process.ts';

/** Time that a part gets to end in order before it is killed. */
const graceMs = 5_000;

/**
 * Takes a cluster down, whatever state it is in: the supervisor first, so that it starts nothing again; agents; what their nodes run;
 * the control plane, Redis last. Leaves no process, mount, namespace, link, table or cgroup, and keeps the data. Idempotent.
 */
export async function takeDown(input: PartsInput & { settings: ClusterSettings; layout: Layout }, clock: Clock): Promise<void> {
  const { settings, layout } = input;
  await stopPart(layout.pidFile('supervisor'), clock);
  const nodes = nodesOf(settings);
  await Promise.all(
    nodes.map(async (node) => {
      await stopPart(agentPart(input, node).pidFile, clock);
      await removeNodePlace(settings, layout, node, clock);
      await rm(layout.node(node.name).stopped, { force: true });
    }),
  );
  const [redis, ...others] = controlPlaneParts(input).toSorted((a, b) => Number(b.name === 'redis') - Number(a.name === 'redis'));
  await Promise.all(others.map((part) => stopPart(part.pidFile, clock)));
  if (redis) await stopPart(redis.pidFile, clock);
  await removeBridge(settings);
  for (const folder of await cgroupFolders(cgroupOf(settings))) await rmdir(folder);
}

async function stopPart(pidFile: string, clock: Clock): Promise<void> {
  const pid = await runningPid({ pidFile });
  if (pid !== undefined) await endProcess(pid, graceMs, clock);
  await rm(pidFile, { force: true });
  await rm(pidFile.replace(/\.pid$/, '.start'), { force: true });
}
