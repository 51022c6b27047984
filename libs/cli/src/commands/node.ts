import { rm, writeFile } from 'node:fs/promises';
import { lookUp } from '#base';
import { podSecondsFrom, UsageError } from '../supervisor/cluster-settings.ts';
import { type NodePlace, nodesOf } from '../supervisor/layout.ts';
import { removeNodePlace } from '../supervisor/node-place.ts';
import { agentPart } from '../supervisor/parts.ts';
import { endPods } from '../supervisor/teardown.ts';
import { endProcess, runningPid, signalProcess } from '../supervisor/process.ts';
import { type Cluster, type CommandContext, existingCluster } from './context.ts';

/**
 * Takes a node down as a power cut would: its agent and all its containers are killed, nothing is told to the API, and it stays down
 * until `nodeStart`. With a grace period, or where its agent has one (`shutdown-grace-period`), it ends its pods in order before that and
 * tells the API: they are over. Resolves when nothing of it runs.
 */
export async function nodeStop(context: CommandContext, name: string, gracePeriod?: string): Promise<void> {
  const cluster = await existingCluster(context);
  const node = nodeNamed(cluster, name);
  const { layout, settings } = cluster;
  await writeFile(layout.node(name).stopped, '', { mode: 0o600 });
  await wakeSupervisor(cluster);
  const { pidFile } = agentPart({ ...context, settings, layout }, node);
  const seconds = shutdownSeconds(settings, gracePeriod);
  if (seconds > 0) await endPods({ file: layout.node(name).shutdown, pidFile, seconds, node: true }, context.clock);
  const agent = await runningPid({ pidFile });
  if (agent !== undefined) await endProcess(agent, 0, context.clock);
  await removeNodePlace(settings, layout, node, context.clock);
  context.write(`node ${name} is down; "berth node start ${name}" brings it back\n`);
}

export async function nodeStart(context: CommandContext, name: string): Promise<void> {
  const cluster = await existingCluster(context);
  nodeNamed(cluster, name);
  await rm(cluster.layout.node(name).stopped, { force: true });
  await wakeSupervisor(cluster);
  context.write(`node ${name} starts\n`);
}

function shutdownSeconds({ partFlags }: Cluster['settings'], gracePeriod: string | undefined): number {
  const text = gracePeriod ?? lookUp(partFlags, 'agent.shutdown-grace-period');
  return text === undefined ? 0 : podSecondsFrom(text, {});
}

function nodeNamed({ settings }: Cluster, name: string): NodePlace {
  const node = nodesOf(settings).find((place) => place.name === name);
  if (node) return node;
  throw new UsageError(
    `no node ${name}: this cluster has ${nodesOf(settings)
      .map((place) => place.name)
      .join(', ')}`,
  );
}

async function wakeSupervisor({ layout }: Cluster): Promise<void> {
  const pid = await runningPid({ pidFile: layout.pidFile('supervisor') });
  if (pid === undefined) throw new Error('the cluster does not run: start it with "npm start"');
  signalProcess(pid, 'SIGHUP');
}
