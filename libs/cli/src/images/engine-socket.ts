import { join } from 'node:path';
import { lookUp } from '#base';
import { engineLayout, readEngine } from '../engine/engine-settings.ts';
import { readSettings } from '../supervisor/cluster-settings.ts';
import { layoutOf, nodesOf } from '../supervisor/layout.ts';
import { UsageError } from '../supervisor/usage-error.ts';

export interface EngineChoice {
  /** Of the cluster. */
  home: string;
  environment: NodeJS.ProcessEnv;
  socket?: string;
  node?: string;
  engine?: boolean;
}

/** What a flag names; else what DOCKER_HOST does; else the first node of the cluster; else the engine without one. */
export async function engineSocket({ home, environment, socket, node, engine }: EngineChoice): Promise<string> {
  if (socket !== undefined) return socket;
  const alone = lookUp(environment, 'BERTH_ENGINE_HOME') ?? '/var/lib/berth-engine';
  if (engine) {
    const settings = await readEngine(alone);
    if (!settings) throw new UsageError(`no engine in ${alone}: start it with "berth engine start", or set BERTH_ENGINE_HOME`);
    return engineLayout(alone, settings).socket;
  }
  const host = /^unix:\/\/(.+)$/.exec(lookUp(environment, 'DOCKER_HOST') ?? '')?.[1];
  if (node === undefined && host !== undefined) return host;
  const settings = await readSettings(layoutOf(home).settings);
  if (!settings) {
    const found = node === undefined ? await readEngine(alone) : undefined;
    if (found) return engineLayout(alone, found).socket;
    throw new UsageError(`no cluster in ${home} and no engine in ${alone}: start one, or name a socket with --socket`);
  }
  const names = nodesOf(settings).map(({ name }) => name);
  if (node !== undefined && !names.includes(node)) throw new UsageError(`no node ${node}: this cluster has ${names.join(', ')}`);
  return join(layoutOf(home).node(node ?? names[0]!).root, 'docker.sock');
}
