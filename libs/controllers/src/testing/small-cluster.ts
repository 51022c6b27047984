import { Registry } from 'prom-client';
import { type KindName, type KubeObject, timestamp } from '#api';
import type { Deployment, Node, Pod, ReplicaSet, Service } from '#api/types';
import { ManualClock } from '#base/testing';
import { type CoreEvent, EventSink, Informers } from '#client';
import { FakeApi, FakeKinds } from '#client/testing';
import { ActionLog, type ControllerContext, type Runnable, WorkQueueMetrics } from '#controller-runtime';
import { resources } from '#objects';
import { silentLogger } from '#telemetry';

/** Controllers against the fake api-server, on a clock that stands still; kubelets are played by `ready` and `finishDeletes`. */
export class SmallCluster {
  readonly clock = new ManualClock();
  readonly api = new FakeApi();
  readonly kinds: FakeKinds;
  readonly registry = new Registry();
  readonly context: ControllerContext;
  private readonly informers: Informers;
  private readonly stopping = new AbortController();
  private running: Promise<void>[] = [];

  /** `served`: the kinds, for controllers that work on any; `kinds` changes them. */
  constructor(served: readonly KindName[] = []) {
    const { api, clock } = this;
    const kinds = (this.kinds = new FakeKinds(served));
    api.now = () => clock.now();
    this.informers = new Informers({ api, clock, logger: silentLogger });
    const events = new EventSink({ api, clock, logger: silentLogger });
    const metrics = new WorkQueueMetrics(this.registry);
    const caches = { informers: this.informers, metadata: this.informers, kinds };
    this.context = { ...caches, api, clock, events, metrics, logger: silentLogger, actionLog: new ActionLog() };
  }

  async run(...controllers: Runnable[]): Promise<void> {
    this.running = controllers.map((controller) => controller.run(this.stopping.signal));
    this.informers.start();
    await this.settle();
  }

  /** Lets everything that has something to do do it. */
  async settle(ms = 50): Promise<void> {
    await this.clock.advance(ms);
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.all(this.running);
    await this.informers.stop();
  }

  pods(): Pod[] {
    return this.api.all<Pod>(resources.pods);
  }

  sets(): ReplicaSet[] {
    return this.api.all<ReplicaSet>(resources.replicaSets);
  }

  deployment(name = 'web'): Deployment {
    return this.api.all<Deployment>(resources.deployments).find((d) => d.metadata.name === name)!;
  }

  events(): string[] {
    return this.api.all<CoreEvent>(resources.events).map(({ reason, message }) => `${reason}: ${message}`);
  }

  /** Every pod that is neither ready nor going becomes ready, with an address and a node. */
  async ready(which: (pod: Pod) => boolean = () => true): Promise<void> {
    for (const pod of this.pods()) {
      if (pod.metadata.deletionTimestamp || pod.status?.conditions || !which(pod)) continue;
      this.api.put(resources.pods, readyPod(pod, this.clock.now()));
    }
    await this.settle();
  }

  /** The grace period of every pod that is going has passed. */
  async finishDeletes(): Promise<void> {
    for (const { metadata } of this.pods()) {
      if (metadata.deletionTimestamp) this.api.removeNow(resources.pods, metadata.namespace ?? '', metadata.name ?? '');
    }
    await this.settle();
  }
}

let addresses = 1;

export function readyPod(pod: Pod, now: Date): Pod {
  const lastTransitionTime = timestamp(now);
  return {
    ...pod,
    spec: { ...pod.spec, nodeName: pod.spec.nodeName ?? 'n1' },
    status: {
      phase: 'Running',
      podIP: pod.status?.podIP ?? `10.244.${Math.floor(addresses / 250)}.${(addresses++ % 250) + 1}`,
      conditions: [{ type: 'Ready', status: 'True', lastTransitionTime }],
    },
  };
}

export function deployment(spec: Partial<Deployment['spec']> = {}, name = 'web'): Deployment {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'default', generation: 1 },
    spec: {
      replicas: 3,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'c', image: 'v1' }] } },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      ...spec,
    },
  };
}

export function service(spec: Partial<Service['spec']> = {}, name = 'web'): Service {
  const ports = [{ name: 'http', port: 80, targetPort: 8080, protocol: 'TCP' }];
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'default' },
    spec: { selector: { app: name }, ports, clusterIP: '10.96.0.1', ipFamilies: ['IPv4'], ...spec },
  };
}

export function node(name: string, ready: 'True' | 'False' | 'Unknown' = 'True'): Node {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name },
    spec: {},
    status: { conditions: [{ type: 'Ready', status: ready, lastHeartbeatTime: '2026-01-01T00:00:00Z' }] },
  };
}

export function pod(name: string, labels: Record<string, string> = {}, metadata: Partial<KubeObject['metadata']> = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', labels, ...metadata },
    spec: { containers: [{ name: 'c', image: 'v1' }] },
  };
}
