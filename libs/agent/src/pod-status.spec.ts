import { type ContainerEntry, entriesOf } from './observed.ts';
import type { PodView } from './pod-view.ts';
import { podStatus } from './pod-status.ts';
import { pod } from './testing/pod-builder.ts';
import { podView } from './testing/pod-view.ts';

const now = new Date('2026-01-01T00:01:00Z');
const startedAt = new Date('2026-01-01T00:00:30Z');
const at = { hostIps: ['10.0.0.1'], now };

function view(
  change: (entry: ContainerEntry) => ContainerEntry,
  more: Partial<PodView> = {},
  spec: Parameters<typeof pod>[0] = {},
): PodView {
  const object = more.pod ?? pod(spec);
  return podView(object, { entries: entriesOf(object).map(change), podIps: ['10.244.0.2'], ...more });
}
const stopped: Pick<PodView, 'life'> = { life: { stage: 'stopped' } };
const terminating: Pick<PodView, 'life'> = { life: { stage: 'terminating', graceMs: 0, hasSandbox: true, unrouted: false } };
const current = { id: 'x1', attempt: 0, imageRef: 'app:v1', imageId: 'app@sha256:1', startedAt };
const running = (entry: ContainerEntry): ContainerEntry => ({ ...entry, current, started: true, ready: true });
const ended =
  (exitCode: number) =>
  (entry: ContainerEntry): ContainerEntry => ({
    ...entry,
    current: { ...current, terminated: { exitCode, reason: exitCode ? 'Error' : 'Completed' } },
  });
const conditionsOf = (v: PodView, previous = {}) =>
  Object.fromEntries(podStatus(v, { ...at, previous }).conditions!.map((c) => [c.type, `${c.status}${c.reason ? ` ${c.reason}` : ''}`]));

describe('the status of a pod', () => {
  it.each<[string, PodView, string]>([
    ['Pending before a container is made', view((e) => e), 'Pending'],
    ['Running with one', view(running), 'Running'],
    ['Running between restarts', view(ended(1)), 'Running'],
    ['Succeeded when all ended well', view(ended(0), stopped), 'Succeeded'],
    ['Failed when one did not', view(ended(1), stopped), 'Failed'],
    ['Failed when the node gave it up', view(ended(0), { ...stopped, failure: { reason: 'Evicted', message: 'm' } }), 'Failed'],
  ])('is %s', (_name, v, phase) => expect(podStatus(v, at).phase).toBe(phase));

  it('has all addresses of the pod and of its node, the primary ones first', () => {
    const dual = { ...at, hostIps: ['10.0.0.1', 'fd00:1::1'] };
    expect(podStatus(view(running, { podIps: ['fd00::2', '10.244.0.2'] }), dual)).toMatchObject({
      podIP: 'fd00::2',
      podIPs: [{ ip: 'fd00::2' }, { ip: '10.244.0.2' }],
      hostIP: '10.0.0.1',
      hostIPs: [{ ip: '10.0.0.1' }, { ip: 'fd00:1::1' }],
    });
    expect(podStatus(view(running, { podIps: [] }), at)).not.toHaveProperty('podIPs');
  });

  it('never leaves a final phase', () => {
    expect(podStatus(view(running), { ...at, previous: { phase: 'Succeeded' } }).phase).toBe('Succeeded');
  });

  it('never calls an ephemeral container ready', () => {
    const [status] = podStatus(view(running, {}, { ephemeralContainers: [{ name: 'debug' }] }), at).ephemeralContainerStatuses!;
    expect(status).toMatchObject({ name: 'debug', ready: false, state: { running: {} } });
    expect(status).not.toHaveProperty('started');
  });

  it('tells a running container', () => {
    expect(podStatus(view(running), at).containerStatuses).toEqual([
      {
        name: 'c',
        state: { running: { startedAt: '2026-01-01T00:00:30Z' } },
        lastState: {},
        ready: true,
        restartCount: 0,
        image: 'app:v1',
        imageID: 'app@sha256:1',
        containerID: 'berth://x1',
        started: true,
      },
    ]);
  });

  it('tells what a container was granted, also when it has ended (KEP-1287), and not before it was made', () => {
    const resources = { requests: { cpu: '1' }, limits: { cpu: '2' } };
    const granted = (entry: ContainerEntry): ContainerEntry => ({ ...entry, allocated: resources });
    const ended = { exitCode: 0, reason: 'Completed', startedAt: '2026-01-01T00:00:00Z', finishedAt: '2026-01-01T00:00:01Z' };
    const over = (entry: ContainerEntry): ContainerEntry => ({ ...granted(entry), current: { ...current, terminated: ended } });
    const shown = (change: (entry: ContainerEntry) => ContainerEntry) => podStatus(view(change), at).containerStatuses![0];
    expect(shown((entry) => granted(running(entry)))).toMatchObject({ resources, allocatedResources: resources.requests });
    expect(shown(over)).toMatchObject({ resources, allocatedResources: resources.requests });
    expect(shown(granted)).not.toHaveProperty('resources');
  });

  it('tells what a pod has as a whole (KEP-5419)', () => {
    const resources = { requests: { cpu: '1' }, limits: { memory: '1Gi' } };
    const seen = view(running);
    expect(podStatus(seen, at)).not.toHaveProperty('resources');
    const whole = { ...seen, pod: { ...seen.pod, spec: { ...seen.pod.spec, resources } } };
    expect(podStatus(whole, at)).toMatchObject({ resources, allocatedResources: resources.requests });
  });

  it('tells who a running container is (KEP-3619), and by which signal it ends (KEP-4960)', () => {
    const seen = view(running);
    Object.assign(seen.entries[0]!.current!, { stopSignal: 'SIGUSR1', user: { uid: 1000, gid: 3000, groups: [3000, 4000] } });
    expect(podStatus(seen, at).containerStatuses![0]).toMatchObject({
      stopSignal: 'SIGUSR1',
      user: { linux: { uid: 1000, gid: 3000, supplementalGroups: [3000, 4000] } },
    });
  });

  it('tells which volumes a container has, and how they are read-only (KEP-3857)', () => {
    const volumeMounts = [
      { name: 'a', mountPath: '/a' },
      { name: 'b', mountPath: '/b', readOnly: true },
      { name: 'c', mountPath: '/c', readOnly: true, recursiveReadOnly: 'IfPossible' },
    ];
    const spec = { containers: [{ name: 'c', volumeMounts }] };
    expect(podStatus(view(running, {}, spec), at).containerStatuses![0]!.volumeMounts).toEqual([
      { name: 'a', mountPath: '/a' },
      { name: 'b', mountPath: '/b', readOnly: true, recursiveReadOnly: 'Disabled' },
      { name: 'c', mountPath: '/c', readOnly: true, recursiveReadOnly: 'Enabled' },
    ]);
  });

  it('shows the end of a container that waits for its restart as its last state', () => {
    const [status] = podStatus(
      view((e) => ({ ...ended(1)(e), waiting: { reason: 'CrashLoopBackOff' } })),
      at,
    ).containerStatuses!;
    expect(status).toMatchObject({ state: { waiting: { reason: 'CrashLoopBackOff' } }, lastState: { terminated: { exitCode: 1 } } });
  });

  const done = (name: string) => (e: ContainerEntry) => (e.name === name ? ended(0)(e) : e);
  it.each<[string, PodView, string[]]>([
    ['without init containers', view((e) => e), ['ContainerCreating']],
    ['before the first init container', view((e) => e, {}, { initContainers: [{ name: 'i' }] }), ['PodInitializing', 'PodInitializing']],
    ['after the last init container', view(done('i'), {}, { initContainers: [{ name: 'i' }] }), ['Completed', 'PodInitializing']],
    [
      'with a sidecar',
      view((e) => e, {}, { initContainers: [{ name: 's', restartPolicy: 'Always' }], ephemeralContainers: [{ name: 'd' }] }),
      ['PodInitializing', 'PodInitializing', 'PodInitializing'],
    ],
    [
      'that could not be pulled',
      view((e) => (e.name === 'i' ? { ...e, waiting: { reason: 'ErrImagePull' } } : e), {}, { initContainers: [{ name: 'i' }] }),
      ['ErrImagePull', 'PodInitializing'],
    ],
  ])('tells why containers have not begun: %s', (_case, v, want) => {
    const { initContainerStatuses = [], containerStatuses = [], ephemeralContainerStatuses = [] } = podStatus(v, at);
    const all = [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses];
    expect(all.map(({ state }) => state?.waiting?.reason ?? state?.terminated?.reason)).toEqual(want);
  });

  const begun =
    (...names: string[]) =>
    (e: ContainerEntry): ContainerEntry =>
      names.includes(e.name) ? ended(1)(e) : { ...e, waiting: { reason: 'ErrImagePull' } };
  const two = { initContainers: [{ name: 'i' }, { name: 'j' }] };
  it.each<[string, PodView, string[]]>([
    ['without init containers', view(begun(), stopped), ['ContainerStatusUnknown']],
    ['before its init containers', view(begun(), stopped, two), ['ContainerStatusUnknown', 'ErrImagePull', 'ErrImagePull']],
    ['during its first', view(begun('i'), stopped, two), ['Error', 'ErrImagePull', 'ErrImagePull']],
    ['after its last', view((e) => (e.name === 'c' ? e : ended(0)(e)), stopped, two), ['Completed', 'Completed', 'ContainerStatusUnknown']],
  ])('tells what never ran of a pod that is over: %s', (_case, v, want) => {
    const { initContainerStatuses = [], containerStatuses = [] } = podStatus(v, at);
    expect(
      [...initContainerStatuses, ...containerStatuses].map(({ state }) => state?.waiting?.reason ?? state?.terminated?.reason),
    ).toEqual(want);
  });

  it.each([
    ['one of 5,000', 1, 'x'.repeat(5000), 4096],
    ['three of 5,000', 3, 'x'.repeat(5000), 4096],
    ['six of 5,000', 6, 'x'.repeat(5000), 2048],
    ['six that are short', 6, 'short', 5],
    ['twelve of characters of three bytes', 12, '\u20ac'.repeat(500), 1023],
  ])('divides 12 KiB of last words over the containers: %s', (_case, count, message, want) => {
    const [spec] = pod().spec.containers;
    const initContainers = [{ ...spec!, name: 'i' }];
    const containers = Array.from({ length: count - 1 }, (_, i) => ({ ...spec!, name: `c${i}` }));
    const lastWords = { exitCode: 1, message };
    const v = view(
      (e) => ({ ...e, current: { ...current, terminated: lastWords }, lastTerminated: lastWords }),
      {},
      {
        initContainers,
        containers,
      },
    );
    const { initContainerStatuses = [], containerStatuses = [] } = podStatus(v, at);
    for (const { state, lastState } of [...initContainerStatuses, ...containerStatuses])
      for (const each of [state, lastState]) {
        expect(Buffer.byteLength(each?.terminated?.message ?? '')).toBe(want);
        expect(message.startsWith(each?.terminated?.message ?? '-')).toBe(true);
      }
  });

  it.each<[string, PodView, Record<string, string>]>([
    [
      'all true',
      view(running),
      { Ready: 'True', ContainersReady: 'True', Initialized: 'True', PodReadyToStartContainers: 'True', PodScheduled: 'True' },
    ],
    [
      'an unready container',
      view((e) => ({ ...running(e), ready: false })),
      { Ready: 'False ContainersNotReady', ContainersReady: 'False ContainersNotReady' },
    ],
    [
      'an init container to come',
      view((e) => e, {}, { initContainers: [{ name: 'i' }] }),
      { Initialized: 'False ContainersNotInitialized' },
    ],
    ['a pod that goes away and still serves', view(running, terminating), { Ready: 'True', ContainersReady: 'True' }],
    [
      'a pod that the node gives up',
      view(running, { ...terminating, failure: { reason: 'Evicted', message: 'm' } }),
      { Ready: 'False PodFailed', ContainersReady: 'False PodFailed' },
    ],
    [
      'a pod that is done',
      view(ended(0), stopped),
      { Ready: 'False PodCompleted', Initialized: 'True PodCompleted', PodReadyToStartContainers: 'False' },
    ],
    [
      'a gate that nobody opened',
      view(running, {}, { readinessGates: [{ conditionType: 'x/y' }] }),
      { Ready: 'False ReadinessGatesNotReady', ContainersReady: 'True' },
    ],
  ])('has conditions of %s', (_name, v, want) => expect(conditionsOf(v)).toMatchObject(want));

  it('keeps the time of a condition that does not change', () => {
    const before = podStatus(view(running), { ...at, now: startedAt });
    const after = podStatus(
      view((e) => ({ ...running(e), ready: false })),
      { ...at, previous: before },
    );
    const times = Object.fromEntries(after.conditions!.map((c) => [c.type, c.lastTransitionTime]));
    expect(times).toMatchObject({ Initialized: '2026-01-01T00:00:30Z', Ready: '2026-01-01T00:01:00Z' });
    expect(after.startTime).toBe('2026-01-01T00:00:30Z');
  });
});
