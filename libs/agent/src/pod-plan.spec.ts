import type { Container } from '#api/types';
import { type ContainerEntry, entriesOf } from './observed.ts';
import type { PodView } from './pod-view.ts';
import { planPod, RestartBackoff } from './pod-plan.ts';
import { pod } from './testing/pod-builder.ts';
import { podView } from './testing/pod-view.ts';

const start = Date.parse('2026-01-01T00:00:00Z');
const c = (name: string, more: Partial<Container> = {}): Container => ({ name, image: 'app:v1', ...more });

type States = Record<string, 'running' | 'started' | 'busy' | number>;

/** A number is an exit code; `started` has also passed its startup probe. */
function view(spec: Parameters<typeof pod>[0], states: States = {}, more: Partial<PodView> = {}): PodView {
  const object = { ...pod(spec), status: { startTime: '2026-01-01T00:00:00Z' } };
  const entries = entriesOf(object).map((entry): ContainerEntry => {
    const state = states[entry.name];
    if (state === undefined) return entry;
    if (state === 'busy') return { ...entry, busy: true };
    const current = { id: entry.name, attempt: 0, imageRef: '', imageId: '', startedAt: new Date(start) };
    if (typeof state === 'number') return { ...entry, current: { ...current, terminated: { exitCode: state } } };
    return { ...entry, current, started: state === 'started' };
  });
  return podView(object, { entries, ...more });
}

const shown = (v: PodView, nowMs = start): string[] =>
  planPod(v, nowMs).steps.map((a) => ('container' in a ? `${a.do} ${a.container}` : a.do));

const sidecar = { restartPolicy: 'Always' };
const phases = { initContainers: [c('i1'), c('side', sidecar), c('i2')], containers: [c('a'), c('b')] };

describe('the plan of a pod', () => {
  it.each<[string, PodView, string[]]>([
    ['first makes sandbox and volumes', view({}, {}, { life: { stage: 'preparing' } }), ['prepare']],
    ['starts all main containers together', view({ containers: [c('a'), c('b')] }), ['start a', 'start b']],
    ['begins nothing twice', view({ containers: [c('a'), c('b')] }, { a: 'busy' }), ['start b']],
    ['starts the first init container alone', view(phases), ['start i1']],
    ['waits for it', view(phases, { i1: 'running' }), []],
    ['goes on to the sidecar', view(phases, { i1: 0 }), ['start side']],
    ['waits until the sidecar has started, not only runs', view(phases, { i1: 0, side: 'running' }), []],
    ['goes on beside a sidecar', view(phases, { i1: 0, side: 'started' }), ['start i2']],
    ['starts the main ones after the last init container', view(phases, { i1: 0, side: 'started', i2: 0 }), ['start a', 'start b']],
    ['restarts a sidecar in the main phase', view(phases, { i1: 0, side: 1, i2: 0, a: 'started', b: 'started' }), ['start side']],
    ['restarts a failed init container', view(phases, { i1: 1 }), ['start i1']],
    ['gives up when an init container failed for good', view({ ...phases, restartPolicy: 'Never' }, { i1: 1 }), ['terminate']],
    ['restarts what ended, by Always', view({}, { c: 0 }), ['start c']],
    [
      'restarts only failures, by OnFailure',
      view({ restartPolicy: 'OnFailure', containers: [c('a'), c('b')] }, { a: 0, b: 1 }),
      ['start b'],
    ],
    [
      'finishes when all have ended, by Never',
      view({ restartPolicy: 'Never', containers: [c('a'), c('b')] }, { a: 0, b: 1 }),
      ['terminate'],
    ],
    [
      'does not wait for sidecars then',
      view({ ...phases, restartPolicy: 'Never' }, { i1: 0, side: 'started', i2: 0, a: 0, b: 0 }),
      ['terminate'],
    ],
  ])('%s', (_name, v, want) => expect(shown(v)).toEqual(want));

  const rule = (action: string, operator: string, ...values: number[]) => ({ action, exitCodes: { operator, values } });
  const ruled = (restartPolicy: string, ...restartPolicyRules: ReturnType<typeof rule>[]) => ({ restartPolicy, restartPolicyRules });
  const again = rule('Restart', 'In', 42);
  it.each<[string, PodView, string[]]>([
    [
      'restarts what a rule names, whatever the policy',
      view({ restartPolicy: 'Never', containers: [c('a', ruled('Never', again))] }, { a: 42 }),
      ['start a'],
    ],
    ['leaves alone what no rule names', view({ containers: [c('a', ruled('Never', again))] }, { a: 1 }), ['terminate']],
    [
      'restarts by a rule that names all others',
      view({ containers: [c('a', ruled('Never', rule('Restart', 'NotIn', 1)))] }, { a: 2 }),
      ['start a'],
    ],
    [
      'restarts an init container by a rule',
      view({ restartPolicy: 'Never', initContainers: [c('i', ruled('Never', again))], containers: [c('a')] }, { i: 42 }),
      ['start i'],
    ],
    [
      'goes on after an init container that succeeded, whatever a rule says',
      view({ initContainers: [c('i', ruled('Never', rule('Restart', 'NotIn', 1)))], containers: [c('a')] }, { i: 0 }),
      ['start a'],
    ],
    [
      'obeys the policy of the container before that of the pod',
      view({ restartPolicy: 'Never', containers: [c('a', { restartPolicy: 'OnFailure' }), c('b')] }, { a: 1, b: 1 }),
      ['start a'],
    ],
    [
      'begins anew with all containers',
      view({ containers: [c('a', ruled('Never', rule('RestartAllContainers', 'In', 42))), c('b')] }, { a: 42, b: 'started' }),
      ['restartAll'],
    ],
  ])('by restart rules (KEP-5307): %s', (_name, v, want) => expect(shown(v)).toEqual(want));

  it('starts over with the first init container, once all have ended (KEP-5532)', () => {
    const over = (v: PodView): PodView => ({ ...v, entries: v.entries.map((e) => ({ ...e, startsOver: true })) });
    expect(shown(over(view(phases, { i1: 0, side: 137, i2: 0, a: 42, b: 'started' })))).toEqual([]);
    expect(shown(over(view(phases, { i1: 0, side: 137, i2: 0, a: 42, b: 137 })))).toEqual(['start i1']);
  });

  it('kills what its probe gave up, and not before', () => {
    const v = view({}, { c: 'started' });
    expect(shown(v)).toEqual([]);
    expect(shown({ ...v, entries: v.entries.map((e) => ({ ...e, unhealthy: 'probe' })) })).toEqual(['kill c']);
  });

  it('waits out the back-off and says until when', () => {
    const v = view({}, { c: 1 });
    const waiting = { ...v, entries: v.entries.map((e) => ({ ...e, retryAtMs: start + 10_000 })) };
    expect(planPod(waiting, start)).toEqual({ steps: [], wakeAtMs: start + 10_000 });
    expect(shown(waiting, start + 10_000)).toEqual(['start c']);
  });

  it('fails at the deadline, and wakes for it', () => {
    const v = view({ activeDeadlineSeconds: 60 }, { c: 'started' });
    expect(planPod(v, start)).toEqual({ steps: [], wakeAtMs: start + 60_000 });
    expect(planPod(v, start + 60_000).steps[0]).toMatchObject({ do: 'fail', failure: { reason: 'DeadlineExceeded' } });
  });

  it('starts ephemeral containers at any time and never again', () => {
    const ephemeralContainers = [{ name: 'debug', image: 'app:v1' }];
    expect(shown(view({ ephemeralContainers }, { c: 'started' }))).toEqual(['start debug']);
    expect(shown(view({ ephemeralContainers }, { c: 'started', debug: 1 }))).toEqual([]);
  });
});

it('backs off at once, 10 s, doubling to 5 min, and forgets after a run of 10 min', () => {
  const backoff = new RestartBackoff();
  expect([1, 2, 3, 4, 5, 6, 7, 8].map(() => backoff.next(0) / 1000)).toEqual([0, 10, 20, 40, 80, 160, 300, 300]);
  expect(backoff.next(600_000)).toBe(0);
});
