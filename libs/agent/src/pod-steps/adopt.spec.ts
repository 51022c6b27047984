import type { ContainerStatus, Pod } from '#api/types';
import type { Container } from '#runtime/containers.contract';
import { labels } from '../container-plan.ts';
import { isRunning } from '../observed.ts';
import { pod as podOf } from '../testing/pod-builder.ts';
import { adoptedEntries, formerFailure } from './adopt.ts';

const startedAt = new Date('2026-01-01T00:00:00Z');
const found = (id: string, attempt: number, more: Partial<Container> = {}): Container => ({
  id,
  sandboxId: 'uid-a',
  name: 'c',
  labels: { [labels.attempt]: String(attempt), [labels.imageRef]: 'app:v1' },
  imageId: `sha256:${'1'.repeat(64)}`,
  state: 'running',
  createdAt: startedAt,
  startedAt,
  logPath: '',
  ...more,
});
const status = (id: string, more: Partial<ContainerStatus> = {}): ContainerStatus => ({
  name: 'c',
  image: 'app:v1',
  imageID: 'app@sha256:1',
  containerID: `berth://${id}`,
  ready: true,
  started: true,
  restartCount: 2,
  state: { running: { startedAt: '2026-01-01T00:00:00Z' } },
  ...more,
});
const withStatus = (containerStatus?: ContainerStatus): Pod => ({
  ...podOf(),
  ...(containerStatus && { status: { containerStatuses: [containerStatus] } }),
});
const adopt = (containers: Container[], containerStatus?: ContainerStatus) => adoptedEntries(withStatus(containerStatus), containers)[0]!;
const ended = { exitCode: 3, reason: 'Error' };

describe('a container that a former agent left', () => {
  it('runs on, as ready as it was', () => {
    const entry = adopt([found('x', 2)], status('x'));
    expect(isRunning(entry)).toBe(true);
    expect(entry).toMatchObject({ restartCount: 2, ready: true, started: true, current: { id: 'x', attempt: 2, imageId: 'app@sha256:1' } });
  });

  it('ends by its own signal, and is still known by who it is', () => {
    const user = { linux: { uid: 1000, gid: 3000, supplementalGroups: [3000] } };
    const { current } = adopt([found('x', 2, { stopSignal: 'SIGQUIT' })], status('x', { user }));
    expect(current).toMatchObject({ stopSignal: 'SIGQUIT', user: { uid: 1000, gid: 3000, groups: [3000] } });
  });

  it('is the newest of its name; what the API knows is of the one before', () => {
    const entry = adopt([found('old', 2), found('new', 3)], status('old', { state: { terminated: ended } }));
    expect(entry).toMatchObject({ restartCount: 3, ready: false, started: false, current: { id: 'new' }, lastTerminated: ended });
  });

  it('has ended as the API was told, when the runtime still has it', () => {
    const entry = adopt([found('x', 2, { state: 'exited' })], status('x', { state: { terminated: ended } }));
    expect(entry.current?.terminated).toEqual(ended);
  });

  it.each([
    ['ended as the API knows', { state: { terminated: ended } }, ended],
    ['ended without a trace when it ran', {}, { exitCode: 137, reason: 'ContainerStatusUnknown', startedAt: '2026-01-01T00:00:00Z' }],
    ['ended as it did the last time when it waited', { state: { waiting: {} }, lastState: { terminated: ended } }, ended],
    ['ended without a trace when nothing else is known', { state: { waiting: {} } }, { exitCode: 137, reason: 'ContainerStatusUnknown' }],
  ])('and that is here no longer %s', (_what, more, terminated) => {
    const entry = adopt([], status('x', more as Partial<ContainerStatus>));
    expect(isRunning(entry)).toBe(false);
    expect(entry).toMatchObject({ restartCount: 2, current: { id: 'x', attempt: 2, terminated } });
  });

  it('is one that is yet to come when neither knows it', () => {
    expect(adopt([])).toMatchObject({ restartCount: 0, busy: false });
    expect(adopt([], status('', { containerID: undefined, restartCount: 0 })).current).toBeUndefined();
  });

  it('has what was granted to it, not what is asked for now', () => {
    const granted = { requests: { cpu: '50m' } };
    expect(adopt([found('x', 2)], status('x', { resources: granted })).allocated).toEqual(granted);
  });
});

it.each([
  [
    { reason: 'Evicted', message: 'm', containerStatuses: [status('x')] },
    { reason: 'Evicted', message: 'm', rejected: false },
  ],
  [
    { reason: 'OutOfcpu', message: 'm' },
    { reason: 'OutOfcpu', message: 'm', rejected: true },
  ],
  [{ phase: 'Failed' }, undefined],
  [undefined, undefined],
])('the node gave up a pod of status %j because of %j', (known, want) =>
  expect(formerFailure({ ...podOf(), status: known })).toEqual(want),
);
