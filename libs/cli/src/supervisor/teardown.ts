import { access, rm, rmdir, writeFile } from 'node:fs/promises';
import type { Clock } from '#base';
import type { ClusterSettings } from './cluster-settings.ts';
import { cgroupOf, type Layout, nodesOf } from './layout.ts';
import { removeBridge, removeNodePlace } from './node-place.ts';
import { agentPart, controlPlaneParts, type PartsInput } from './parts.ts';
import { cgroupFolders } from './pinned-place.ts';
import { endProcess, runningPid, signalProcess, until } from './process.ts';

/** Time that a part gets to end in order before it is killed. */
const graceMs = 5_000;
/** Beyond what its pods get, an agent has this to see them end. */
const agentMs = 3_000;

export interface TakeDown extends PartsInput {
  settings: ClusterSettings;
  layout: Layout;
  /** What pods get at most to end in order; each gets its own grace period where that is shorter. 0: none. */
  podSeconds: number;
}

/**
 * Takes a cluster down, whatever state it is in: the supervisor first, so that it starts nothing again; pods; agents; what is left of nodes;
 * the control plane, the api-server and Redis last. Leaves no process, mount, namespace, link, table or cgroup, and keeps the data. Idempotent.
 */
export async function takeDown(input: TakeDown, clock: Clock): Promise<void> {
  const { settings, layout, podSeconds } = input;
  await stopPart(layout.pidFile('supervisor'), clock);
  const nodes = nodesOf(settings);
  await Promise.all(
    nodes.map(async (node) => {
      const { pidFile } = agentPart(input, node);
      if (podSeconds > 0) await endPods({ file: layout.node(node.name).shutdown, pidFile, seconds: podSeconds }, clock);
      await stopPart(pidFile, clock);
      await removeNodePlace(settings, layout, node, clock);
      await rm(layout.node(node.name).stopped, { force: true });
    }),
  );
  // A part that ends gives its lease back, so that the next start need not wait until it expires: whom it needs for that ends after it.
  const parts = controlPlaneParts(input);
  const last = ['api-server', 'redis'];
  await Promise.all(parts.filter(({ name }) => !last.includes(name)).map((part) => stopPart(part.pidFile, clock)));
  for (const name of last) for (const part of parts.filter((p) => p.name === name)) await stopPart(part.pidFile, clock);
  await removeBridge(settings);
  for (const folder of await cgroupFolders(cgroupOf(settings))) await rmdir(folder);
}

export interface PodsEnd {
  /** Where the agent reads how long. */
  file: string;
  pidFile: string;
  seconds: number;
  /** The node alone goes down: its pods are over. */
  node?: boolean;
}

/** Asks an agent to end its pods and itself. What has not ended in time is killed with the rest of the node. */
export async function endPods({ file, pidFile, seconds, node }: PodsEnd, clock: Clock): Promise<void> {
  const pid = await runningPid({ pidFile });
  if (pid === undefined) return;
  await writeFile(file, `${seconds}${node ? ' node' : ''}\n`, { mode: 0o600 });
  const gone = async (): Promise<boolean> => (await runningPid({ pidFile })) !== pid;
  if (signalProcess(pid, 'SIGUSR2')) {
    await until(async () => (await gone()) || !(await exists(file)), seconds * 1000 + agentMs, clock);
    await until(gone, graceMs, clock); // without an api-server its last words are not taken
  }
  await rm(file, { force: true });
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

async function stopPart(pidFile: string, clock: Clock): Promise<void> {
  const pid = await runningPid({ pidFile });
  if (pid !== undefined) await endProcess(pid, graceMs, clock);
  await rm(pidFile, { force: true });
  await rm(pidFile.replace(/\.pid$/, '.start'), { force: true });
}
