import type { Deployment, Job, Pod } from '#api/types';
import { type Observed, serviceState, waitingFor } from './service-state.ts';

const life = (kind: 'Deployment' | 'Job', replicas = 1) => ({ life: { kind, replicas } });

function deployment(status: NonNullable<Deployment['status']>, generation = 2): Deployment {
  const selector = { matchLabels: {} };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', generation },
    spec: { selector, template: { spec: { containers: [] } } },
    status,
  };
}

function job(status: NonNullable<Job['status']>): Job {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'job' },
    spec: { completions: 1, template: { spec: { containers: [] } } },
    status,
  };
}

function pod(phase: string, { created = '2026-01-01T00:00:00Z', state = {}, lastState = {} } = {}): Pod {
  const container = { name: 'c', image: 'i', imageID: '', ready: false, restartCount: 0, state, lastState };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', creationTimestamp: created },
    status: { phase, containerStatuses: [container] },
  } as Pod;
}

const whole = { observedGeneration: 2, updatedReplicas: 1, availableReplicas: 1, replicas: 1 };
const broken = { waiting: { reason: 'ImagePullBackOff', message: 'no such image' } };

describe('the state of a service', () => {
  it.each<[string, Parameters<typeof serviceState>[0], Observed, object]>([
    ['is nothing before it is there', life('Deployment'), { workload: undefined, pods: [] }, { started: false, healthy: false }],
    [
      'is healthy when all that is wanted is',
      life('Deployment'),
      { workload: deployment(whole), pods: [pod('Running')] },
      { started: true, healthy: true },
    ],
    [
      'is started when it runs and is not ready',
      life('Deployment'),
      { workload: deployment({ ...whole, availableReplicas: 0 }), pods: [pod('Running')] },
      { started: true, healthy: false },
    ],
    [
      'does not count what a former file wanted',
      life('Deployment'),
      { workload: deployment({ ...whole, observedGeneration: 1 }), pods: [pod('Running', { state: broken })] },
      { started: false, healthy: false },
    ],
    [
      'is not healthy while former pods are there',
      life('Deployment'),
      { workload: deployment({ ...whole, replicas: 2 }), pods: [pod('Running')] },
      { healthy: false },
    ],
    [
      'is healthy with nobody where nobody is wanted',
      life('Deployment', 0),
      { workload: deployment({ observedGeneration: 2 }), pods: [] },
      { healthy: true },
    ],
    [
      'has failed with an image that is not there',
      life('Deployment'),
      { workload: deployment({ ...whole, availableReplicas: 0 }), pods: [pod('Pending', { state: broken })] },
      { failure: 'ImagePullBackOff: no such image' },
    ],
    [
      'has failed when it ends again and again',
      life('Deployment'),
      {
        workload: deployment({ ...whole, availableReplicas: 0 }),
        pods: [pod('Running', { state: { waiting: { reason: 'CrashLoopBackOff' } }, lastState: { terminated: { exitCode: 3 } } })],
      },
      { failure: 'ends again and again, with exit 3' },
    ],
    [
      'of a job is completed with its successes',
      life('Job'),
      { workload: job({ succeeded: 1 }), pods: [] },
      { completed: true, started: true },
    ],
    [
      'of a job is started while it runs',
      life('Job'),
      { workload: job({ active: 1 }), pods: [pod('Running')] },
      { completed: false, started: true },
    ],
    [
      'of a job has failed with its exit code',
      life('Job'),
      {
        workload: job({ conditions: [{ type: 'Failed', status: 'True', message: 'backoff' }] }),
        pods: [pod('Failed', { state: { terminated: { exitCode: 7 } } })],
      },
      { completed: false, failure: 'did not complete successfully: exit 7' },
    ],
  ])('%s', (_name, service, observed, want) => {
    expect(serviceState(service, observed)).toMatchObject(want);
  });

  it('has no failure where only a former pod has one', () => {
    const pods = [pod('Pending', { state: broken }), pod('Pending', { created: '2026-01-02T00:00:00Z' })];
    expect(serviceState(life('Deployment'), { workload: deployment({ ...whole, replicas: 2 }), pods })).not.toHaveProperty('failure');
  });

  it('says what it waits for', () => {
    expect(waitingFor([])).toBe('its pods have not started');
    expect(waitingFor([pod('Running', { state: { running: {} } })])).toBe('it is not healthy');
    const unschedulable = {
      ...pod('Pending'),
      status: { conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/3 nodes' }] },
    };
    expect(waitingFor([unschedulable])).toBe('0/3 nodes');
  });
});
