import type { DaemonSet, Deployment, Job, PodTemplateSpec } from '#api/types';
import { invalid, unsupported } from '../compose-error.ts';
import { labelsOf, type Naming, serviceLabel } from './names.ts';
import { annotationsOf } from './pod.ts';
import type { Reader } from './reader.ts';

export type Workload = Deployment | DaemonSet | Job;

/** How a service lives: for as long as it is wanted, on each node, or once. */
export interface Life {
  kind: 'Deployment' | 'DaemonSet' | 'Job';
  replicas: number;
  restartPolicy?: 'Never' | 'OnFailure';
  /** Of a Job: how often it is tried again. */
  retries?: number;
}

const mostRetries = 2_147_483_647;

/**
 * A service whose end is awaited, or which says that it is not to be started again, runs once: a Job. What says nothing is started again, as
 * Docker's orchestrator does it (deploy.md, "restart_policy": any).
 */
export function lifeOf(service: Reader, { awaited }: { awaited: boolean }): Life {
  const deploy = service.at('deploy');
  const mode = deploy.has('mode') ? deploy.at('mode').oneOf('replicated', 'global', 'replicated-job', 'global-job') : 'replicated';
  const replicas = replicasOf(service);
  const [condition, retries] = restartOf(service);
  const once = awaited || mode === 'replicated-job' || condition === 'none' || condition === 'on-failure';
  if (mode === 'global-job' || (mode === 'global' && once)) throw unsupported(deploy.at('mode').path, 'a job runs on nodes of its choice');
  if (mode === 'global') return { kind: 'DaemonSet', replicas };
  if (!once) return { kind: 'Deployment', replicas };
  if (condition === 'any') throw invalid(service.path, 'is awaited to complete, and is started again whenever it does');
  return condition === 'on-failure'
    ? { kind: 'Job', replicas, restartPolicy: 'OnFailure', retries: retries ?? mostRetries }
    : { kind: 'Job', replicas, restartPolicy: 'Never', retries: 0 };
}

function replicasOf(service: Reader): number {
  const given = [service.at('scale'), service.at('deploy').at('replicas')].filter(({ isSet }) => isSet).map((reader) => reader.whole());
  if (given.length === 2 && given[0] !== given[1])
    throw invalid(service.at('scale').path, "can't set distinct values on 'scale' and 'deploy.replicas'");
  return given[0] ?? 1;
}

/** `deploy.restart_policy` wins over `restart`. */
function restartOf(service: Reader): ['any' | 'none' | 'on-failure' | undefined, number?] {
  const policy = service.at('deploy').at('restart_policy');
  const restart = service.has('restart') ? service.at('restart').text() : undefined;
  if (policy.isSet) {
    const condition = policy.has('condition') ? policy.at('condition').oneOf('any', 'none', 'on-failure') : 'any';
    const attempts = policy.has('max_attempts') ? policy.at('max_attempts').whole() : undefined;
    policy.done({ delay: 'restarts back off', window: 'restarts back off' });
    if (condition === 'any' && attempts !== undefined)
      throw unsupported(policy.at('max_attempts').path, 'what is always started again has no last time');
    return [condition, attempts];
  }
  if (restart === undefined) return [undefined];
  if (restart === 'no') return ['none'];
  if (restart === 'always' || restart === 'unless-stopped') return ['any'];
  const [, attempts] = /^on-failure(?::(\d+))?$/.exec(restart) ?? [];
  if (!restart.startsWith('on-failure') || (restart.includes(':') && attempts === undefined))
    throw invalid(service.at('restart').path, `invalid restart policy ${restart}`);
  return ['on-failure', attempts === undefined ? undefined : Number(attempts)];
}

export interface WorkloadInput {
  name: string;
  naming: Naming;
  life: Life;
  template: PodTemplateSpec;
}

export function workloadOf(service: Reader, { name, naming, life, template }: WorkloadInput): Workload {
  const deploy = service.at('deploy');
  const annotations = annotationsOf(deploy, 'labels');
  const metadata = { name, labels: labelsOf(naming, name), ...(Object.keys(annotations).length > 0 && { annotations }) };
  const selector = { matchLabels: { [serviceLabel]: name } };
  const update = updateOf(deploy.at('update_config'), life);
  switch (life.kind) {
    case 'Deployment':
      return { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: { replicas: life.replicas, selector, template, ...update } };
    case 'DaemonSet':
      return { apiVersion: 'apps/v1', kind: 'DaemonSet', metadata, spec: { selector, template } };
    case 'Job':
      return {
        apiVersion: 'batch/v1',
        kind: 'Job',
        metadata,
        spec: { parallelism: life.replicas, completions: life.replicas, backoffLimit: life.retries!, template },
      };
  }
}

/** compose-spec, deploy.md, "update_config". */
function updateOf(config: Reader, { kind, replicas }: Life): Partial<NonNullable<Deployment['spec']>> {
  if (!config.isSet) return {};
  if (kind !== 'Deployment') throw unsupported(config.path, `of a ${kind}`);
  const parallelism = config.has('parallelism') ? config.at('parallelism').whole() : 1;
  const order = config.has('order') ? config.at('order').oneOf('stop-first', 'start-first') : 'stop-first';
  const delay = config.has('delay') ? Math.ceil(config.at('delay').duration() / 1000) : 0;
  if (config.has('failure_action') && config.at('failure_action').oneOf('continue', 'pause', 'rollback') === 'rollback')
    throw unsupported(config.at('failure_action').path, 'an update that fails stops; "kubectl rollout undo" takes it back');
  config.done({ monitor: 'an update goes on when pods are ready', max_failure_ratio: 'an update goes on when pods are ready' });
  const atOnce = parallelism === 0 ? Math.max(1, replicas) : parallelism;
  return {
    ...(delay > 0 && { minReadySeconds: delay }),
    strategy: {
      type: 'RollingUpdate',
      rollingUpdate: order === 'start-first' ? { maxSurge: atOnce, maxUnavailable: 0 } : { maxSurge: 0, maxUnavailable: atOnce },
    },
  };
}
