import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { get } from 'node:http';
import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '#api';
import type { ClusterApi } from './cluster-api.ts';
import { applyObject } from './cluster-objects.ts';
import { type Cluster, type CommandContext, imageRulesOf } from './commands/context.ts';
import { portsOf } from './supervisor/layout.ts';
import { until } from './supervisor/process.ts';

const registryDeadlineMs = 60_000;

export interface Demo {
  url: string;
}

/** Builds the demo's image from `deploy/demo`, pushes it to the cluster's registry and applies its manifests. Idempotent. */
export async function deployDemo(context: CommandContext, { layout, settings }: Cluster, api: ClusterApi): Promise<void> {
  const source = join(context.installation, 'deploy', 'demo');
  const contextDir = join(layout.build, 'demo');
  const registry = `localhost:${portsOf(settings).registry}`;
  await mkdir(contextDir, { recursive: true, mode: 0o700 });
  for (const file of ['Dockerfile', 'start.sh', 'index.sh']) await copyFile(join(source, file), join(contextDir, file));
  await copyFile('/bin/busybox', join(contextDir, 'busybox'));
  const answers = await until(() => answersOk(`http://${registry}/v2/_catalog?n=1`), registryDeadlineMs, context.clock);
  if (!answers) throw new Error(`the registry does not answer after ${registryDeadlineMs / 1000} s: ${layout.log('registry')} says why`);
  await context.buildImage({
    contextDir,
    tags: [`${registry}/demo:v1`],
    push: true,
    storeDir: layout.build,
    mirrors: [],
    authFile: layout.auth,
    images: imageRulesOf(settings),
    output: (text) => context.logger.debug({ text }, 'build'),
  });
  const manifests = (await readFile(join(source, 'demo.yaml'), 'utf8')).replaceAll(
    'registry.berth.local:5000',
    `registry.berth.local:${portsOf(settings).registry}`,
  );
  for (const document of parseAllDocuments(manifests)) await applyObject(api, document.toJS() as KubeObject);
}

/** Whether the demo answers 200 on its node port. */
export const waitForDemo = ({ url }: Demo): Promise<boolean> => answersOk(url);

function answersOk(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(url, { timeout: 1_000, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(false));
  });
}
