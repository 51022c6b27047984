import { join } from 'node:path';
import { systemClock } from '#base';
import { NodeContainers, openImages, type OpenedImages, parseMirror, parseUnpackLimits } from '#runtime';
import type { Neighbours } from '#runtime/neighbours.contract';
import type { Logger } from '#telemetry';
import type { AgentConfig } from './config.ts';

export type RuntimeConfig = Pick<
  AgentConfig,
  | 'rootDir'
  | 'registryMirrors'
  | 'clusterCidrs'
  | 'serviceCidrs'
  | 'imagePullGuarded'
  | 'imagePullAllowed'
  | 'imageLimits'
  | 'sharedMachine'
>;

export interface NodeRuntime extends OpenedImages {
  runtime: NodeContainers;
}

/** The images and containers of this node. */
export async function openRuntime(config: RuntimeConfig, logger: Logger, neighbours?: Neighbours): Promise<NodeRuntime> {
  const containersDir = join(config.rootDir, 'containers');
  const opened = await openImages({
    rootDir: join(config.rootDir, 'images'),
    snapshotsDir: join(containersDir, 'snapshots'),
    mirrors: new Map(config.registryMirrors.map(parseMirror)),
    destinations: {
      guarded: [...config.clusterCidrs, ...config.serviceCidrs, ...config.imagePullGuarded],
      allowed: config.imagePullAllowed,
    },
    limits: parseUnpackLimits(config.imageLimits),
    ...(neighbours && { neighbours }),
    logger,
  });
  const runtime = await NodeContainers.open({
    rootDir: containersDir,
    snapshotter: opened.snapshots,
    clock: systemClock,
    logger,
    ...(config.sharedMachine && { ownDir: config.rootDir }),
  });
  return { ...opened, runtime };
}
