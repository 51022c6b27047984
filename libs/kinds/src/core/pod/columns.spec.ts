import { cells, type Json, storedPod } from '../../testing.ts';
import { pod } from './kind.ts';

const shown = (changes: Parameters<typeof storedPod>[0]) => {
  const { Ready, Status, Restarts } = cells(pod, storedPod(changes));
  return [Ready, Status, Restarts];
};
const main = (state: Json, more: Json = {}): Json => ({ containerStatuses: [{ name: 'c', state, ...more }] });
const running = { running: {} };
const init = (state: Json, more: Json = {}): Json => ({ initContainerStatuses: [{ name: 'i', state, ...more }] });
const withInit = { containers: [{ name: 'c' }], initContainers: [{ name: 'i' }, { name: 'j' }] };
const withSidecar = { containers: [{ name: 'c' }], initContainers: [{ name: 'i', restartPolicy: 'Always' }] };

const cases: { name: string; pod: Parameters<typeof storedPod>[0]; want: [string, string, number | string] }[] = [
  { name: 'a pod that waits for a node', pod: { status: { phase: 'Pending' } }, want: ['0/1', 'Pending', 0] },
  {
    name: 'a gated pod',
    pod: { status: { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }] } },
    want: ['0/1', 'SchedulingGated', 0],
  },
  { name: 'a running pod', pod: { status: main(running, { ready: true }) }, want: ['1/1', 'Running', 0] },
  {
    name: 'a pod that is being made',
    pod: { status: { phase: 'Pending', ...main({ waiting: { reason: 'ContainerCreating' } }) } },
    want: ['0/1', 'ContainerCreating', 0],
  },
  {
    name: 'a pod that crashed five minutes ago',
    pod: {
      status: main(
        { waiting: { reason: 'CrashLoopBackOff' } },
        { restartCount: 3, lastState: { terminated: { finishedAt: '2025-12-31T23:55:00Z' } } },
      ),
    },
    want: ['0/1', 'CrashLoopBackOff', '3 (5m ago)'],
  },
  {
    name: 'a pod that is done',
    pod: { status: { phase: 'Succeeded', ...main({ terminated: { reason: 'Completed', exitCode: 0 } }) } },
    want: ['0/1', 'Completed', 0],
  },
  { name: 'a pod that was killed', pod: { status: main({ terminated: { signal: 9, exitCode: 137 } }) }, want: ['0/1', 'Signal:9', 0] },
  { name: 'a pod that failed', pod: { status: main({ terminated: { exitCode: 2 } }) }, want: ['0/1', 'ExitCode:2', 0] },
  { name: 'an evicted pod', pod: { status: { phase: 'Failed', reason: 'Evicted' } }, want: ['0/1', 'Evicted', 0] },
  {
    name: 'a pod that is being deleted',
    pod: { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' }, status: main(running, { ready: true }) },
    want: ['1/1', 'Terminating', 0],
  },
  {
    name: 'a pod whose node is lost',
    pod: { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' }, status: { reason: 'NodeLost' } },
    want: ['0/1', 'Unknown', 0],
  },
  { name: 'the first of two init containers', pod: { spec: withInit, status: init(running) }, want: ['0/1', 'Init:0/2', 0] },
  {
    name: 'an init container that failed',
    pod: { spec: withInit, status: init({ terminated: { reason: 'Error', exitCode: 1 } }) },
    want: ['0/1', 'Init:Error', 0],
  },
  {
    name: 'an init container that keeps failing',
    pod: { spec: withInit, status: init({ waiting: { reason: 'CrashLoopBackOff' } }, { restartCount: 2 }) },
    want: ['0/1', 'Init:CrashLoopBackOff', 2],
  },
  {
    name: 'a pod whose init containers are done',
    pod: { spec: withInit, status: { ...init({ terminated: { exitCode: 0 } }), ...main({ waiting: { reason: 'PodInitializing' } }) } },
    want: ['0/1', 'PodInitializing', 0],
  },
  {
    name: 'a pod with a sidecar',
    pod: { spec: withSidecar, status: { ...init(running, { started: true, ready: true }), ...main(running, { ready: true }) } },
    want: ['2/2', 'Running', 0],
  },
  {
    name: 'a pod of which one container is done and the other ready',
    pod: {
      spec: { containers: [{ name: 'c' }, { name: 'd' }] },
      status: {
        conditions: [{ type: 'Ready', status: 'True' }],
        containerStatuses: [
          { name: 'c', state: { terminated: { reason: 'Completed' } } },
          { name: 'd', state: running, ready: true },
        ],
      },
    },
    want: ['1/2', 'Running', 0],
  },
];

describe('kubectl get pods', () => {
  it.each(cases)('shows $name', ({ pod: changes, want }) => expect(shown(changes)).toEqual(want));

  it('shows where the pod is, with -o wide', () => {
    const wide = cells(
      pod,
      storedPod({ spec: { nodeName: 'n1', readinessGates: [{ conditionType: 'g' }] }, status: { podIPs: [{ ip: '10.0.0.1' }] } }),
    );
    expect(wide).toMatchObject({ Age: '60m', IP: '10.0.0.1', Node: 'n1', 'Nominated Node': '<none>', 'Readiness Gates': '0/1' });
  });
});
