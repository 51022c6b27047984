import type { KubeObject } from '#api';
import { FakeView } from '#api-server/testing';
import type { Pod } from '#api/types';
import { admit, type Case, pod, refusal } from '../testing/admission.ts';
import { priority } from './priority.ts';

describe('Priority', () => {
  const classOf = (name: string, value: number, extra: object = {}): KubeObject =>
    ({ apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name }, value, ...extra }) as KubeObject;
  it.each<[object, object, KubeObject[]]>([
    [{}, { priority: 0, preemptionPolicy: 'PreemptLowerPriority' }, []],
    [{ priorityClassName: 'high' }, { priority: 100, preemptionPolicy: 'Never' }, [classOf('high', 100, { preemptionPolicy: 'Never' })]],
    [{ priorityClassName: 'system-node-critical' }, { priority: 2000001000 }, []],
    [{ priorityClassName: 'system-cluster-critical' }, { priority: 2000000000 }, []],
    [{}, { priority: 7, priorityClassName: 'usual' }, [classOf('usual', 7, { globalDefault: true }), classOf('high', 100)]],
  ])('%j becomes %j', async (spec, want, classes) => {
    expect(((await admit(priority, { object: pod(spec) }, new FakeView(...classes))) as Pod).spec).toMatchObject(want);
  });
  it.each<[string, Case, KubeObject[]]>([
    ['pods "p" is forbidden: no PriorityClass with name x was found', { object: pod({ priorityClassName: 'x' }) }, []],
    [
      'pods "p" is forbidden: the integer value of priority (5) must not be provided in pod spec; priority admission controller computed 0 from the given PriorityClass name',
      { object: pod({ priority: 5 }) },
      [],
    ],
    [
      'priorityclasses.scheduling.k8s.io "b" is forbidden: PriorityClass a is already marked as default. Only one default can exist',
      { group: 'scheduling.k8s.io', resource: 'priorityclasses', object: classOf('b', 1, { globalDefault: true }) },
      [classOf('a', 1, { globalDefault: true })],
    ],
  ])('%s', async (says, given, classes) => {
    expect(await refusal(priority, given, new FakeView(...classes))).toBe(says);
  });

  it('refuses a preemption policy that is not the class’s', async () => {
    const view = new FakeView(classOf('high', 100, { preemptionPolicy: 'Never' }));
    const object = pod({ priorityClassName: 'high', preemptionPolicy: 'PreemptLowerPriority' });
    expect(await refusal(priority, { object }, view)).toBe(
      'pods "p" is forbidden: the string value of PreemptionPolicy (PreemptLowerPriority) must not be provided in pod spec; priority admission controller computed Never from the given PriorityClass name',
    );
  });
  it('takes the lowest of several defaults', async () => {
    const view = new FakeView(classOf('a', 9, { globalDefault: true }), classOf('b', 3, { globalDefault: true }));
    expect(((await admit(priority, { object: pod() }, view)) as Pod).spec).toMatchObject({ priority: 3, priorityClassName: 'b' });
  });
  it('keeps what an update by an older client leaves out, and nothing else', async () => {
    const old = pod({ priority: 7, preemptionPolicy: 'Never' });
    const update = async (spec: object) => ((await admit(priority, { verb: 'update', object: pod(spec), old })) as Pod).spec;
    expect(await update({})).toMatchObject({ priority: 7, preemptionPolicy: 'Never' });
    expect(await update({ priority: 8 })).toMatchObject({ priority: 8, preemptionPolicy: 'Never' });
  });
});
