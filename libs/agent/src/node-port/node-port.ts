import { ApiError, timestamp } from '#api';
import type { Pod } from '#api/types';
import type { AgentContext } from '../context.ts';
import { isRunning } from '../observed.ts';
import { containerLog } from '../session/container-log.ts';
import type { PodWorker } from '../workers/pod-worker.ts';
import type { Pods } from '../workers/pods.ts';
import { type ConfigurationFacts, kubeletConfiguration } from './kubelet-configuration.ts';
import { nodeLogs } from './node-logs.ts';
import type { PortAnswer, PortRequest } from './port-request.ts';

/** What a node's own port shows of its pods, its settings and its logs, as a kubelet's does (`pkg/kubelet/server/server.go`). */
export class NodePort {
  constructor(
    private readonly context: Pick<AgentContext, 'runtime' | 'logs' | 'clock' | 'rootDir' | 'settings'>,
    private readonly pods: Pick<Pods, 'all' | 'find'>,
    private readonly facts: ConfigurationFacts,
  ) {}

  /** undefined: there is nothing at this path. */
  async answer({ path, query, signal }: PortRequest): Promise<PortAnswer | undefined> {
    const [, root = '', ...rest] = path.split('/').map(decoded);
    switch (root) {
      case 'pods':
        return rest.join('') === '' ? json(listOf(this.pods.all().map(shown))) : undefined;
      case 'runningpods':
        return rest.join('') === '' ? json(listOf(this.pods.all().flatMap(running))) : undefined;
      case 'configz':
        return rest.length === 0 ? json({ kubeletconfig: kubeletConfiguration(this.facts) }) : undefined;
      case 'logs':
        if (rest.length === 0) return { code: 301, location: `logs/${query.size > 0 ? `?${query.toString()}` : ''}`, body: '' };
        return nodeLogs(this.context.rootDir, rest.join('/'), query, this.context.settings.systemLogQuery);
      case 'containerLogs':
        return rest.length === 3 ? this.containerLogs(rest, query, signal) : undefined;
      case 'healthz':
        return ['ping', 'log', 'syncloop'].includes(rest.join('/')) ? { code: 200, body: 'ok' } : undefined;
      default:
        return undefined;
    }
  }

  private containerLogs([namespace = '', name = '', container = '']: string[], query: URLSearchParams, signal: AbortSignal): PortAnswer {
    const worker = this.pods.find(namespace, name);
    if (!worker) return { code: 404, body: `pod "${name}" not found\n` };
    if (!worker.entry(container)) return { code: 404, body: `container "${container}" not found in pod "${name}"\n` };
    const flag = (key: string): boolean => ['true', '1', ''].includes(query.get(key) ?? 'false');
    const number = (key: string): number | undefined => (/^\d+$/.test(query.get(key) ?? '') ? Number(query.get(key)) : undefined);
    const sinceSeconds = number('sinceSeconds');
    const since = sinceSeconds === undefined ? undefined : timestamp(new Date(this.context.clock.now().getTime() - sinceSeconds * 1000));
    try {
      const read = containerLog(this.context, worker, {
        container,
        follow: flag('follow'),
        previous: flag('previous'),
        timestamps: flag('timestamps'),
        tailLines: number('tailLines'),
        limitBytes: number('limitBytes'),
        sinceTime: query.get('sinceTime') ?? since,
      });
      return { code: 200, body: read(signal) };
    } catch (err) {
      if (err instanceof ApiError) return { code: err.code, body: `${err.message}\n` };
      throw err;
    }
  }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // a broken escape is what it is
  }
}

const json = (value: object): PortAnswer => ({ code: 200, type: 'application/json', body: JSON.stringify(value) });
const listOf = (items: object[]): object => ({ kind: 'PodList', apiVersion: 'v1', metadata: {}, items });

const shown = (worker: PodWorker): Pod => ({ ...worker.currentPod, status: worker.status() });

/** As the runtime knows them: names and images of what runs. */
function running(worker: PodWorker): object[] {
  const { pod, entries } = worker.view();
  const containers = entries.filter(isRunning).map(({ name, current }) => ({ name, image: current?.imageRef, resources: {} }));
  const { name, namespace, uid } = pod.metadata;
  return containers.length === 0 ? [] : [{ metadata: { name, namespace, uid, creationTimestamp: null }, spec: { containers }, status: {} }];
}
