import { cells, complaintsAbout, created, type Json, updated } from '../../testing.ts';
import { csiNode } from './kind.ts';

const driver = { name: 'x.example.com', nodeID: 'n1' };

describe('a CSI node', () => {
  it.each<[string, Json[], string[]]>([
    ['of no driver', [], []],
    ['of a driver', [{ ...driver, topologyKeys: ['example.com/zone'], allocatable: { count: 0 } }], []],
    ['of a driver in two entries', [driver, driver], ['spec.drivers[1].name: Duplicate value: "x.example.com"']],
    [
      'of a driver without a name or an id',
      [{ name: '', nodeID: '' }],
      ['spec.drivers[0].name: Required value', 'spec.drivers[0].nodeID: Required value'],
    ],
    [
      'of a long id, and room for less than nothing',
      [{ ...driver, nodeID: 'x'.repeat(257), allocatable: { count: -1 } }],
      [
        `spec.drivers[0].nodeID: Invalid value: "${'x'.repeat(257)}": must be 256 characters or less`,
        'spec.drivers[0].allocatable.count: Invalid value: -1: must be greater than or equal to 0',
      ],
    ],
    ['with a key twice', [{ ...driver, topologyKeys: ['a', 'a'] }], ['spec.drivers[0]: Duplicate value: "a"']],
  ])('%s', (_name, drivers, want) => expect(complaintsAbout(csiNode, { spec: { drivers } })).toEqual(want));

  it('lets a driver change how much it has room for, come and go', () => {
    const stored = created(csiNode, { spec: { drivers: [driver] } });
    const change = (...drivers: Json[]): string[] => updated(csiNode, stored, { metadata: stored.metadata, spec: { drivers } }).complaints;
    expect(change({ ...driver, allocatable: { count: 3 } })).toEqual([]);
    expect(change({ name: 'y.example.com', nodeID: 'n1' })).toEqual([]);
    expect(change({ ...driver, nodeID: 'n2' })).toEqual([expect.stringMatching(/^spec\.drivers: Invalid value: .*: field is immutable$/)]);
    expect(cells(csiNode, stored)).toMatchObject({ Drivers: 1 });
  });
});
