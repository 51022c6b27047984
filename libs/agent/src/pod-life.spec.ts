import { hasSandbox, hasSaidAll, hasStopped, lifeAfter, lifeFound, type PodLife, type PodStep } from './pod-life.ts';
import { pod } from './testing/pod-builder.ts';

const ending = (more: Partial<Extract<PodLife, { stage: 'terminating' }>> = {}): PodLife => ({
  stage: 'terminating',
  graceMs: 5,
  hasSandbox: true,
  unrouted: false,
  ...more,
});
const running: PodLife = { stage: 'running' };
const preparing: PodLife = { stage: 'preparing' };

describe('the life of a pod', () => {
  it.each<[string, PodLife, PodStep, PodLife]>([
    ['runs once it is prepared', preparing, { do: 'prepare' }, running],
    ['ends though it was being prepared', ending({ hasSandbox: false }), { do: 'prepare' }, ending()],
    ['does not begin anew by a late preparation', { stage: 'stopped' }, { do: 'prepare' }, { stage: 'stopped' }],
    ['is not changed by a container', running, { do: 'start', container: 'c' }, running],
    ['ends with its sandbox', running, { do: 'terminate', graceMs: 5 }, ending()],
    ['ends without one', preparing, { do: 'terminate', graceMs: 5 }, ending({ hasSandbox: false })],
    ['ends out of the tables', ending(), { do: 'unroute', withinMs: 1 }, ending({ unrouted: true })],
    ['has stopped with its containers', ending(), { do: 'stopContainers', graceMs: 5 }, { stage: 'stopped' }],
    ['holds nothing without a sandbox', { stage: 'stopped' }, { do: 'removeSandbox' }, { stage: 'released' }],
    ['is told of', { stage: 'released' }, { do: 'reportFinalStatus' }, { stage: 'reported' }],
    ['leaves the disk', { stage: 'reported' }, { do: 'tearDownVolumes' }, { stage: 'cleared' }],
    ['leaves the API', { stage: 'cleared' }, { do: 'removeFromApi' }, { stage: 'removed' }],
    ['is over', { stage: 'removed' }, { do: 'forget' }, { stage: 'gone' }],
  ])('%s', (_what, life, step, want) => expect(lifeAfter(life, step)).toEqual(want));

  const over = { ...pod(), status: { phase: 'Failed' } };
  it.each([
    ['with nothing of it here', pod(), [false, false, 0, 0], 'preparing'],
    ['with a sandbox that may be half made', pod(), [true, true, 0, 0], 'preparing'],
    ['with a sandbox that has no address', pod(), [true, false, 1, 1], 'preparing'],
    ['with containers of a sandbox that is no more', pod(), [false, false, 2, 0], 'preparing'],
    ['with containers in a sandbox', pod(), [true, true, 2, 1], 'running'],
    ['that is over, and still runs', over, [true, true, 2, 1], 'terminating'],
    ['that is over, and still holds its address', over, [true, true, 0, 0], 'stopped'],
    ['that is over, and still holds a sandbox', over, [true, false, 0, 0], 'stopped'],
    ['that is over, and still holds layers', over, [false, false, 1, 0], 'stopped'],
    ['that is over', over, [false, false, 0, 0], 'released'],
  ] as const)('is found by a new agent %s', (_what, found, [sandbox, addresses, containers, running], want) =>
    expect(lifeFound(found, { sandbox, addresses, containers, running }).stage).toBe(want),
  );

  it.each<[PodLife['stage'], boolean, boolean, boolean]>([
    ['preparing', false, false, false],
    ['running', true, false, false],
    ['terminating', true, false, false],
    ['stopped', false, true, false],
    ['released', false, true, false],
    ['reported', false, true, true],
    ['cleared', false, true, true],
    ['removed', false, true, true],
    ['gone', false, true, true],
  ])('%s: has a sandbox %p, has stopped %p, has said all %p', (stage, ...want) => {
    const life = stage === 'terminating' ? ending() : { stage };
    expect([hasSandbox(life), hasStopped(life), hasSaidAll(life)]).toEqual(want);
  });
});
