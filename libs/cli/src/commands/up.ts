import { spawn } from 'node:child_process';
import { mkdir, open } from 'node:fs/promises';
import type { Node } from '#api/types';
import { writeFileAtomic } from '#base';
import { ClusterApi } from '../cluster-api.ts';
import { deployDemo, type Demo, waitForDemo } from '../demo.ts';
import { Progress } from '../printers/progress.ts';
import { writePrometheusConfig } from '../prometheus.ts';
import { ensureClusterFiles } from '../supervisor/cluster-files.ts';
import { type ClusterSettings, mergeSettings, readSettings, writeSettings } from '../supervisor/cluster-settings.ts';
import { type Layout, layoutOf, nodesOf, portsOf } from '../supervisor/layout.ts';
import { lastErrors } from '../supervisor/last-errors.ts';
import { preflight } from '../supervisor/preflight.ts';
import { controlPlaneParts, nodeFlags } from '../supervisor/parts.ts';
import { runningPid, startTicks, until } from '../supervisor/process.ts';
import { takeDown } from '../supervisor/teardown.ts';
import type { Cluster, CommandContext } from './context.ts';
import { hasReportedReady } from './status.ts';

const readyDeadlineMs = 120_000;

/** Makes and starts the cluster with its demo, or says that it runs already. What fails half-way is taken down again. */
export async function up(context: CommandContext, { demo }: { demo: boolean }): Promise<void> {
  const layout = layoutOf(context.home);
  const existing = await readSettings(layout.settings);
  const settings = mergeSettings(existing, context.given);
  const cluster: Cluster = { layout, settings };
  const progress = new Progress(context.clock, context.write, context.isTerminal);
  if (existing && (await isRunning(cluster))) {
    context.write(`cluster ${settings.name} is running already\n`);
    return summarize(context, cluster, demo ? demoOf(cluster) : undefined);
  }
  await progress.step('checking this machine', async () => {
    if (!(await anyPartRuns(context, cluster))) await preflight(layout, settings);
  });
  const since = context.clock.now();
  try {
    await start(context, cluster, progress, demo);
  } catch (err) {
    const causes = await lastErrors(logsOf(context, cluster), since);
    await progress.step('taking down what was started', () => takeDown({ ...context, settings, layout, podSeconds: 0 }, context.clock));
    throw new Error([(err as Error).message, ...causes].join('\n  '), { cause: err });
  }
  await summarize(context, cluster, demo ? demoOf(cluster) : undefined);
  context.write(`\nready after ${progress.total()}\n`);
}

async function start(context: CommandContext, { layout, settings }: Cluster, progress: Progress, demo: boolean): Promise<void> {
  await progress.step('certificates and configuration', async () => {
    await ensureClusterFiles(layout, settings, context.clock.now());
    await writeSettings(layout.settings, settings);
  });
  // The API remembers nodes of an earlier run as Ready: only what they said since counts. Its timestamps have whole seconds.
  const sinceMs = Math.floor(context.clock.now().getTime() / 1000) * 1000;
  const fresh = await progress.step('starting Redis, the control plane, the registry and the nodes', () =>
    startSupervisor(context, layout),
  );
  const api = await ClusterApi.open(layout, settings);
  try {
    await progress.step('api-server ready', () => waitUntil(context, layout, 'the api-server is not ready', () => api.isReady()));
    const work = [
      progress.step(`${settings.nodes} node${settings.nodes === 1 ? '' : 's'} Ready`, () =>
        waitUntil(context, layout, 'not all nodes are Ready', () => allNodesReady(api, settings, fresh ? sinceMs : 0)),
      ),
      progress.step('monitoring configuration', () => writePrometheusConfig(context, { layout, settings }, api)),
      ...(demo ? [progress.step('demo image built, pushed and deployed', () => deployDemo(context, { layout, settings }, api))] : []),
    ];
    const results = await Promise.allSettled(work);
    const reasons = results.filter((result) => result.status === 'rejected').map(({ reason }) => (reason as Error).message);
    if (reasons.length) throw new Error(reasons.join('\n  '));
    if (demo) {
      const answers = (): Promise<boolean> => waitForDemo(demoOf({ layout, settings }));
      await progress.step('demo answering', () => waitUntil(context, layout, 'the demo does not answer', answers));
    }
  } finally {
    api.close();
  }
}

/** False when it runs already. */
async function startSupervisor(context: CommandContext, layout: Layout): Promise<boolean> {
  const running = await runningPid({ pidFile: layout.pidFile('supervisor') });
  if (running !== undefined) return false;
  await mkdir(layout.logs, { recursive: true, mode: 0o700 });
  const log = await open(layout.log('supervisor'), 'a', 0o600);
  try {
    const command = [...nodeFlags('supervisor'), `${context.installation}/dist/parts/cli.js`, 'supervise', '--home', layout.home];
    const child = spawn(context.nodeBinary, command, { detached: true, stdio: ['ignore', log.fd, log.fd], cwd: '/' });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    await writeFileAtomic(layout.pidFile('supervisor').replace(/\.pid$/, '.start'), `${await startTicks(child.pid!)}\n`);
    await writeFileAtomic(layout.pidFile('supervisor'), `${child.pid}\n`);
    child.unref();
    return true;
  } finally {
    await log.close();
  }
}

async function isRunning({ layout, settings }: Cluster): Promise<boolean> {
  if ((await runningPid({ pidFile: layout.pidFile('supervisor') })) === undefined) return false;
  const api = await ClusterApi.open(layout, settings);
  try {
    return (await api.isReady()) && (await allNodesReady(api, settings));
  } finally {
    api.close();
  }
}

/** Whether an earlier start left something running, whose ports are rightly in use. */
async function anyPartRuns(context: CommandContext, { layout, settings }: Cluster): Promise<boolean> {
  const pids = await Promise.all(controlPlaneParts({ ...context, settings, layout }).map((part) => runningPid(part)));
  return pids.some((pid) => pid !== undefined);
}

async function allNodesReady(api: ClusterApi, settings: ClusterSettings, sinceMs = 0): Promise<boolean> {
  try {
    const { items } = await api.get<{ items: Node[] }>('/api/v1/nodes');
    return nodesOf(settings).every(({ name }) => items.some((node) => node.metadata.name === name && hasReportedReady(node, sinceMs)));
  } catch {
    return false; // the caller's deadline tells the person where to look
  }
}

async function waitUntil(context: CommandContext, layout: Layout, otherwise: string, condition: () => Promise<boolean>): Promise<void> {
  const supervisor = { pidFile: layout.pidFile('supervisor') };
  let supervisorEnded = false;
  const done = await until(
    async () => {
      if (await condition()) return true;
      supervisorEnded = (await runningPid(supervisor)) === undefined;
      return supervisorEnded;
    },
    readyDeadlineMs,
    context.clock,
  );
  if (supervisorEnded) throw new Error(`the supervisor ended: ${layout.log('supervisor')} says why`);
  if (!done) throw new Error(`${otherwise} after ${readyDeadlineMs / 1000} s (logs: ${layout.logs} and ${layout.nodes}/*/agent.log)`);
}

function logsOf(context: CommandContext, { layout, settings }: Cluster): string[] {
  const parts = controlPlaneParts({ ...context, settings, layout }).map(({ log }) => log);
  return [layout.log('supervisor'), ...parts, ...nodesOf(settings).map(({ name }) => layout.node(name).log)];
}

function demoOf({ settings }: Cluster): Demo {
  return { url: `http://${nodesOf(settings)[0]!.ip}:30080/` };
}

/** Where the first node serves Ingresses. */
function ingressUrls(settings: ClusterSettings): string[] {
  const { ip } = nodesOf(settings)[0]!;
  const { ingressHttp, ingressHttps } = portsOf(settings);
  return [`http://${ip}${ingressHttp === 80 ? '' : `:${ingressHttp}`}/`, `https://${ip}${ingressHttps === 443 ? '' : `:${ingressHttps}`}/`];
}

async function summarize(context: CommandContext, { layout, settings }: Cluster, demo: Demo | undefined): Promise<void> {
  const nodes = nodesOf(settings).map(({ name, ip }) => `  ${name}  ${ip}`);
  const lines = [
    '',
    `cluster ${settings.name}, nodes:`,
    ...nodes,
    ...(demo ? [`demo:  ${demo.url}`] : []),
    `Ingresses, on every node:  ${ingressUrls(settings).join('  ')}`,
    '',
    `export KUBECONFIG=${layout.kubeconfig}`,
    `export REGISTRY_AUTH_FILE=${layout.auth}   # podman and skopeo may push to localhost:${portsOf(settings).registry}; docker: --config ${layout.home}`,
    '',
    'try:',
    '  kubectl get nodes,pods --all-namespaces -o wide',
    ...(demo ? ['  kubectl --namespace demo scale deployment demo --replicas 9', `  curl ${demo.url}`] : ['  npx berth status']),
  ];
  context.write(`${lines.join('\n')}\n`);
}
