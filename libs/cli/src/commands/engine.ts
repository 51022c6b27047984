import { mkdir, readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { hostname } from 'node:os';
import { type Clock, removeTree } from '#base';
import { ensureEnginePlace, removeEnginePlace } from '../engine/engine-place.ts';
import { engineLayout, type EngineLayout, type EngineSettings, mergeEngine, readEngine, writeEngine } from '../engine/engine-settings.ts';
import { Progress } from '../printers/progress.ts';
import { lastErrors } from '../supervisor/last-errors.ts';
import { appCommand, type Part, partEnvironment } from '../supervisor/parts.ts';
import { within } from '../supervisor/pinned-place.ts';
import { enginePreflight } from '../supervisor/preflight.ts';
import { endProcess, runningPid, startPart, until } from '../supervisor/process.ts';
import { endPods } from '../supervisor/teardown.ts';
import { UsageError } from '../supervisor/usage-error.ts';
import type { CommandContext } from './context.ts';

export interface EngineContext extends Pick<CommandContext, 'home' | 'installation' | 'nodeBinary' | 'clock' | 'write' | 'isTerminal'> {
  /** From flags and environment. */
  given: Partial<EngineSettings>;
}

const answerMs = 30_000;
const graceMs = 5_000;

/** Makes and starts the Docker Engine API of this machine, without a cluster, or says that it runs. Containers of a former run are adopted. */
export async function engineStart(context: EngineContext): Promise<void> {
  const { home, write, clock } = context;
  const existing = await readEngine(home);
  const settings = mergeEngine(existing, context.given);
  const layout = engineLayout(home, settings);
  if ((await runningPid(layout)) !== undefined) {
    write(`engine ${settings.name} is running already\n`);
    return summarize(context, layout);
  }
  const progress = new Progress(clock, write, context.isTerminal);
  await progress.step('checking this machine', () => enginePreflight(home, layout.socket));
  await mkdir(home, { recursive: true, mode: 0o711 });
  await writeEngine(home, settings);
  const since = clock.now();
  try {
    await progress.step(`starting engine ${settings.name}`, async () => {
      await ensureEnginePlace(layout);
      await startPart(await enginePart(context, settings, layout), { watched: false });
      const runs = async (): Promise<boolean> => (await runningPid(layout)) !== undefined;
      await until(async () => (await answers(layout.socket)) || !(await runs()), answerMs, clock);
      if (!(await answers(layout.socket))) throw new Error(`the engine does not answer at ${layout.socket}`);
    });
  } catch (err) {
    throw new Error([(err as Error).message, ...(await lastErrors([layout.log], since))].join('\n  '), { cause: err });
  }
  summarize(context, layout);
}

/** Ends the engine, its containers first, each in order within the seconds; `purge` removes its data too. Succeeds when there is nothing to stop. */
export async function engineStop(context: EngineContext, { purge, seconds }: { purge: boolean; seconds: number }): Promise<void> {
  const { home, write, clock } = context;
  const settings = await readEngine(home);
  if (!settings) {
    write(`no engine in ${home}\n`);
    return;
  }
  const layout = engineLayout(home, settings);
  const progress = new Progress(clock, write, context.isTerminal);
  await progress.step(`stopping engine ${settings.name} and its containers`, async () => {
    if (seconds > 0) await endPods({ file: layout.shutdown, pidFile: layout.pidFile, seconds }, clock);
    await endEngine(layout, clock);
    await removeEnginePlace(layout, settings, clock);
  });
  if (purge) await progress.step(`removing ${home}`, () => removeTree(home));
  else write(`its data stays in ${home}: "berth engine start" brings it back, "berth engine stop --purge" removes it\n`);
}

/** Ends the engine's process alone, and starts it again with what is given now: containers run on. */
export async function engineRestart(context: EngineContext): Promise<void> {
  const settings = mergeEngine(await mustRead(context.home), context.given);
  await endEngine(engineLayout(context.home, settings), context.clock);
  await engineStart(context);
}

/** False when it is down. */
export async function engineStatus(context: EngineContext): Promise<boolean> {
  const settings = await mustRead(context.home);
  const layout = engineLayout(context.home, settings);
  const pid = await runningPid(layout);
  const up = pid !== undefined && (await answers(layout.socket));
  const state = pid === undefined ? 'down' : up ? `running, process ${pid}` : `process ${pid} does not answer: ${layout.log} says why`;
  context.write(`engine ${settings.name} in ${layout.home}\n  ${state}\n  socket   ${layout.socket}\n  network  ${settings.cidr}\n`);
  return up;
}

async function mustRead(home: string): Promise<EngineSettings> {
  const settings = await readEngine(home);
  if (!settings) throw new UsageError(`no engine in ${home}: make one with "berth engine start", or set BERTH_ENGINE_HOME`);
  return settings;
}

async function endEngine({ pidFile }: EngineLayout, clock: Clock): Promise<void> {
  const pid = await runningPid({ pidFile });
  if (pid !== undefined) await endProcess(pid, graceMs, clock);
}

async function enginePart(context: EngineContext, settings: EngineSettings, layout: EngineLayout): Promise<Part> {
  const command = appCommand({ ...context, settings: { partFlags: {} } }, 'engine', {
    name: settings.name,
    'machine-name': hostname(),
    'root-dir': layout.home,
    socket: layout.socket,
    cidr: settings.cidr,
    dns: settings.dns || (await dnsOfMachine()).join(),
    'registry-mirror': [...settings.registryMirrors],
    'image-pull-allowed': settings.imagePullAllowed,
    'image-limits': settings.imageLimits,
    'log-level': settings.logLevel,
  });
  return { name: 'engine', environment: partEnvironment, pidFile: layout.pidFile, log: layout.log, command: within(layout)(...command) };
}

/** A stub on this machine's loopback, as systemd-resolved is one, does not answer containers: it says elsewhere whom it asks itself. */
async function dnsOfMachine(): Promise<string[]> {
  for (const file of ['/etc/resolv.conf', '/run/systemd/resolve/resolv.conf']) {
    const found = nameservers(await readFile(file, 'utf8').catch(() => '')); // where it is not there, the next one counts
    if (found.length > 0) return found;
  }
  return [];
}

/** Those that can be reached from a network namespace of one's own: resolv.conf(5). */
export function nameservers(resolvConf: string): string[] {
  return resolvConf.split('\n').flatMap((line) => {
    const address = /^\s*nameserver\s+([0-9a-fA-F.:]+)\s*(?:[#;].*)?$/.exec(line)?.[1];
    return address === undefined || address.startsWith('127.') || address === '::1' ? [] : [address];
  });
}

function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request({ socketPath, path: '/_ping', timeout: 1_000, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(false));
    asked.end();
  });
}

function summarize({ write }: EngineContext, { socket }: EngineLayout): void {
  write(`\nexport DOCKER_HOST=unix://${socket}\n\ntry:\n  docker info\n  docker ps\n`);
}
