import { parseReclaim, parseThresholds, type Threshold, withGrace } from './node-settings.ts';
import {
  type Candidate,
  type Crossed,
  crossedThresholds,
  evictionMessage,
  evictionOrder,
  type EvictionSettings,
  type Level,
  type Levels,
  levelsOfNode,
  pressuresOf,
  type Shortage,
  shortages,
} from './pressure-plan.ts';
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
const limits = (hard: string, more: Partial<EvictionSettings> = {}): EvictionSettings => ({
  evictionHard: parseThresholds(hard),
  evictionSoft: [],
  minimumReclaim: new Map(),
  ...more,
});
const hardShortages = (hard: string, low: Partial<Levels>): Shortage[] =>
  shortages(crossedThresholds(limits(hard), levels(low), new Map(), 0), levels(low), 0);
const left = (mib: number): Level => ({ available: mib * MIB, capacity: 1000 * MIB });

describe('shortages', () => {
  const thresholds = 'nodefs.available<10%,memory.available<100Mi,pid.available<5%';

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
    const found = hardShortages(thresholds, low);
    expect(found.map(({ pressure, resource, threshold }) => `${pressure} ${resource} ${threshold / MIB}`)).toEqual(want);
  });

  it('of a soft threshold are conditions at once, and cost pods after the grace period', () => {
    const soft = withGrace(parseThresholds('memory.available<30%'), new Map([['memory.available', 90_000]]));
    const settings = limits('memory.available<100Mi', { evictionSoft: soft });
    const low = levels({ 'memory.available': left(200) });
    const crossed = crossedThresholds(settings, low, new Map(), 1_000);
    expect(pressuresOf(crossed)).toEqual(['MemoryPressure']);
    const later = crossedThresholds(settings, low, crossed, 60_000);
    expect([shortages(later, low, 90_999), shortages(later, low, 91_000)]).toEqual([[], [expect.objectContaining({ soft: true })]]);
    expect(crossedThresholds(settings, levels(), later, 70_000)).toEqual(new Map());
  });

  it.each<[string, number, number]>([
    ['until the minimum is reclaimed', 149, 1],
    ['not any more when it is', 150, 0],
  ])('that have been go on %s', (_name, mib, want) => {
    const settings = limits('memory.available<100Mi', { minimumReclaim: parseReclaim('memory.available=5%,nodefs.available=1Gi') });
    const before: Crossed = new Map([[settings.evictionHard[0] as Threshold, 0]]);
    const now = levels({ 'memory.available': left(mib) });
    expect([crossedThresholds(settings, now, before, 1).size, crossedThresholds(settings, now, new Map(), 1).size]).toEqual([want, 0]);
  });

  it('of a node that has a part of its machine are those of its part, and of the machine', () => {
    const capacity = { cpuMillis: 1000, memoryBytes: 500 * MIB, ephemeralBytes: 0, pids: 300 };
    const enforced = { ...capacity, memoryBytes: 400 * MIB, pids: 250 };
    const of = (machine: Levels, memoryMib: number, pids: number): Level[] => {
      const node = levelsOfNode(machine, { capacity, enforced, used: { memoryWorkingSetBytes: memoryMib * MIB, pids } });
      return [node['memory.available'], node['pid.available']];
    };
    const machine = levels({ 'pid.available': { available: 100, capacity: 900 } });
    expect(of(machine, 350, 50)).toEqual([
      { available: 50 * MIB, capacity: 500 * MIB },
      { available: 100, capacity: 300 },
    ]);
    expect(of(levels({ 'memory.available': left(20) }), 0, 240)).toEqual([
      { available: 20 * MIB, capacity: 500 * MIB },
      { available: 10, capacity: 300 },
    ]);
  });

  it.each(['memory.available<1Gi', 'nodefs.available<5%'])('have no soft threshold %s without a grace period', (text) => {
    const name = text.split('<')[0]!;
    expect(() => withGrace(parseThresholds(text), new Map())).toThrow(
      `grace period must be specified for the soft eviction threshold ${name}`,
    );
  });
});

describe('eviction', () => {
  const [memory] = hardShortages('memory.available<100Mi', { 'memory.available': left(50) });
  const [pids] = hardShortages('pid.available<10%', { 'pid.available': left(1) });
  const [inodes] = hardShortages('nodefs.inodesFree<10%', { 'nodefs.inodesFree': left(1) });
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

  it('takes by priority, then by their files, where inodes are short: nobody has asked for any', () => {
    const candidates = [candidate('few', 1), candidate('many', 9, { requestMib: 1000 }), candidate('dear', 99, { priority: 1 })];
    expect(names(evictionOrder(inodes!, candidates))).toEqual(['many', 'few', 'dear']);
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
