import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { berth, env, eventually, fetchText, getJson, kubectl } from './clients.ts';

/** The registry of the test cluster as nodes and as this machine name it. */
export const registryPort = 5000 + Number(process.env.BERTH_PORT_OFFSET ?? 0);
export const registry = `registry.berth.local:${registryPort}`;

/** The address of the n-th node, counted from 1. */
export function nodeAddress(n: number): string {
  return `${env('BERTH_NODE_CIDR').split('.').slice(0, 3).join('.')}.${10 + n}`;
}

export function nodeName(n: number): string {
  return `${env('BERTH_NAME')}-${n}`;
}

/** Builds the test image in a version and pushes it to the cluster's registry. */
export async function buildWeb(version: string): Promise<void> {
  const context = join(env('BERTH_HOME'), 'web-context');
  await mkdir(context, { recursive: true });
  for (const file of ['Dockerfile', 'start.sh', 'who.sh']) await copyFile(`test/e2e/images/web/${file}`, join(context, file));
  await copyFile('/bin/busybox', join(context, 'busybox'));
  await berth('build', '-t', `localhost:${registryPort}/web:${version}`, '--build-arg', `VERSION=${version}`, context);
}

/** Deploys test/e2e/manifests/shop.yaml and waits until it serves. Does nothing where it serves already. */
export async function deployShop(): Promise<void> {
  await buildWeb('v1');
  await kubectl(['apply', '-f', '-'], await shopManifest());
  await kubectl(['-n', 'shop', 'rollout', 'status', 'deployment/web', '--timeout=120s']);
  await eventually('the shop to answer on every node', async () => {
    const answers = await Promise.all([1, 2, 3].map((n) => fetchText(`http://${nodeAddress(n)}:30090/`)));
    return answers.every(({ status }) => status === 200);
  });
}

export async function shopManifest(): Promise<string> {
  return (await readFile('test/e2e/manifests/shop.yaml', 'utf8')).replaceAll('REGISTRY', registry);
}

export interface ShopPod {
  name: string;
  node: string;
  ip: string;
  uid: string;
  restarts: number;
  ready: boolean;
  image: string;
}

/** The shop's pods that are not being deleted. */
export async function shopPods(): Promise<ShopPod[]> {
  const { items } = await getJson('pods', '-n', 'shop', '-l', 'app=web');
  return (
    items
      .filter((pod: { metadata: { deletionTimestamp?: string } }) => !pod.metadata.deletionTimestamp)
      // oxlint-disable-next-line typescript/no-explicit-any -- JSON of kubectl
      .map((pod: any) => ({
        name: pod.metadata.name,
        node: pod.spec.nodeName,
        ip: pod.status.podIP,
        uid: pod.metadata.uid,
        restarts: pod.status.containerStatuses?.[0]?.restartCount ?? 0,
        ready: pod.status.conditions?.some((c: { type: string; status: string }) => c.type === 'Ready' && c.status === 'True') ?? false,
        image: pod.spec.containers[0].image,
      }))
  );
}

/** Runs a command in the first container of a pod and answers its output. */
export function execIn(pod: string, ...command: string[]): Promise<string> {
  return kubectl(['-n', 'shop', 'exec', pod, '-c', 'web', '--', ...command]);
}

/** Requests a URL over and over until it is stopped; answers every failure. */
export function requestLoop(url: string): { stop: () => Promise<{ requests: number; failures: string[] }> } {
  let running = true;
  const failures: string[] = [];
  let requests = 0;
  const loop = (async () => {
    while (running) {
      const { status, body } = await fetchText(url, 5_000);
      requests++;
      if (status !== 200) failures.push(`${new Date().toISOString()} ${status} ${body.slice(0, 120)}`);
    }
  })();
  return {
    stop: async () => {
      running = false;
      await loop;
      return { requests, failures };
    },
  };
}
