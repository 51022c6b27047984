import { parseThresholds } from './node-settings.ts';
import { type Candidate, evictionMessage, evictionOrder, type Level, type Levels, shortages } from './pressure-plan.ts';
import { pod } from './testing/pod-builder.ts';

const MIB = 2 ** 20;
const plenty: Level = { available: 1000 * MIB, capacity: 1000 * MIB };
const levels = (more: Partial<Levels> = {}): Levels => ({
  'memory.available': plenty,
  'nodefs.available': plenty,
  'nodefs.inodesFree': plenty,
  'imagefs.available': plenty,
  'imagefs.inodesFree': plenty,
  'pid.available': plenty,
  ...more,
});
const left = (mib: number): Level => ({ available: mib * MIB, capacity: 1000 * MIB });

describe('shortages', () => {
  const thresholds = parseThresholds('nodefs.available<10%,memory.available<100Mi,pid.available<5%');

  it.each([
    ['nothing is short', {}, []],
    ['exactly the threshold is enough', { 'memory.available': left(100), 'nodefs.available': left(100) }, []],
    ['memory', { 'memory.available': left(99) }, ['MemoryPressure memory 100']],
    ['a share of the disk', { 'nodefs.available': left(99) }, ['DiskPressure ephemeral-storage 100']],
    ['process ids', { 'pid.available': left(10) }, ['PIDPressure pids 50']],
    ['what has no threshold', { 'imagefs.available': left(0) }, []],
    [
      'several, memory first',
      { 'nodefs.available': left(1), 'memory.available': left(1) },
      ['MemoryPressure memory 100', 'DiskPressure ephemeral-storage 100'],
    ],
  ])('%s', (_name, low, want) => {
    const found = shortages(thresholds, levels(low));
    expect(found.map(({ pressure, resource, threshold }) => `${pressure} ${resource} ${threshold / MIB}`)).toEqual(want);
  });
});

describe('eviction', () => {
  const [memory] = shortages(parseThresholds('memory.available<100Mi'), levels({ 'memory.available': left(50) }));
  const [pids] = shortages(parseThresholds('pid.available<10%'), levels({ 'pid.available': left(1) }));
  const candidate = (name: string, usedMib: number, { priority = 0, requestMib = 0 } = {}): Candidate => ({
    pod: pod(
      {
        priority,
        containers: [{ name: 'c', image: 'i', ...(requestMib > 0 && { resources: { requests: { memory: `${requestMib}Mi` } } }) }],
      },
      { name },
    ),
    used: usedMib * MIB,
    containers: [{ name: 'c', used: usedMib * MIB }],
  });
  const names = (candidates: readonly Candidate[]): (string | undefined)[] => candidates.map((each) => each.pod.metadata.name);

  it.each([
    {
      name: 'those beyond their requests before those within, whatever their priority',
      candidates: [candidate('within', 90, { requestMib: 100 }), candidate('beyond', 20, { requestMib: 10, priority: 100 })],
      want: ['beyond', 'within'],
    },
    {
      name: 'lower priority first',
      candidates: [candidate('dear', 90, { priority: 10 }), candidate('cheap', 10)],
      want: ['cheap', 'dear'],
    },
    {
      name: 'who is further beyond first',
      candidates: [candidate('little', 110, { requestMib: 100 }), candidate('much', 60, { requestMib: 10 })],
      want: ['much', 'little'],
    },
    {
      name: 'nobody that the system needs',
      candidates: [candidate('critical', 900, { priority: 2_000_001_000 }), candidate('other', 1)],
      want: ['other'],
    },
  ])('takes $name', ({ candidates, want }) => expect(names(evictionOrder(memory!, candidates))).toEqual(want));

  it('takes by priority, then by their number, where process ids are short', () => {
    const candidates = [candidate('few', 1), candidate('many', 9, { requestMib: 1000 }), candidate('dear', 99, { priority: 1 })];
    expect(names(evictionOrder(pids!, candidates))).toEqual(['many', 'few', 'dear']);
  });

  it("says why in the kubelet's words", () => {
    expect(evictionMessage(memory!, candidate('a', 60, { requestMib: 10 }))).toBe(
      'The node was low on resource: memory. Threshold quantity: 100Mi, available: 50Mi. ' +
        'Container c was using 60Mi, request is 10Mi, has larger consumption of memory. ',
    );
    expect(evictionMessage(memory!, candidate('a', 5, { requestMib: 10 }))).toBe(
      'The node was low on resource: memory. Threshold quantity: 100Mi, available: 50Mi. ',
    );
  });
});
